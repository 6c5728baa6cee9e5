//! A MariaDB server of the test's own: a fresh data directory, a unix socket in it, no network, no accounts, gone at the end.

use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const MISSING: &str = "MariaDB is missing, and this test is nothing without it. Run scripts/setup.sh, or install \
Debian's mariadb-server-core and mariadb-client-core.";

pub struct Server {
    process: Child,
    folder: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Server {
        let program = program("mariadbd");
        let folder = tempfile::tempdir().expect("a directory for the server");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("a directory for its data");
        let mut command = Command::new(program);
        command.arg("--no-defaults");
        command.arg(format!("--datadir={}", data.display()));
        command.arg(format!(
            "--socket={}",
            folder.path().join("socket").display()
        ));
        command.args([
            "--skip-networking",
            "--skip-grant-tables",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=16M",
            "--innodb-log-file-size=8M",
        ]);
        // It refuses to be run by root unless that is said.
        if fs::metadata(&data).expect("its own directory").uid() == 0 {
            command.arg("--user=root");
        }
        let log = fs::File::create(folder.path().join("log")).expect("a file for the log");
        let process = command
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("mariadbd starts");
        let mut server = Server { process, folder };
        server.wait();
        server
    }

    /// Runs a script; the lines that it prints.
    pub fn run(&self, script: &str) -> Vec<String> {
        self.client(script)
            .unwrap_or_else(|error| panic!("MariaDB: {error}"))
    }

    fn client(&self, script: &str) -> Result<Vec<String>, String> {
        let mut client = Command::new(program("mariadb"))
            .arg("--no-defaults")
            .arg(format!(
                "--socket={}",
                self.folder.path().join("socket").display()
            ))
            .args(["--batch", "--raw", "--skip-column-names"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the client starts");
        let mut input = client.stdin.take().expect("its input is a pipe");
        let script = script.to_string();
        let writer = thread::spawn(move || input.write_all(script.as_bytes()));
        let output = client.wait_with_output().expect("the client ends");
        let written = writer.join().expect("nothing panics there");
        match output.status.success() && written.is_ok() {
            true => Ok(String::from_utf8_lossy(&output.stdout)
                .lines()
                .map(str::to_string)
                .collect()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while let Err(error) = self.client("SELECT 1;") {
            let ended = self.process.try_wait().expect("the state of a child");
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "MariaDB ended: {}", log());
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "MariaDB does not answer: {error}{}",
                log()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program of Debian's packages, which put the server where only root looks.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/bin"].map(PathBuf::from));
    let mut found = folders
        .map(|folder| folder.join(name))
        .filter(|path| path.exists());
    found.next().unwrap_or_else(|| panic!("{MISSING}"))
}
