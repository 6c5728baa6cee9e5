//! A PostgreSQL server of the test's own: a fresh data directory, a unix socket in it, no network, gone at the end.
//!
//! Text is ordered by bytes (collation C), as here, and its characters are UTF-8's, so that `upper('é')` is `É`.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const MISSING: &str = "PostgreSQL is missing, and these tests are nothing without it. Run scripts/setup.sh, or \
install Debian's postgresql-15, or name the directory of its programs with POSTGRESQL_BIN=path.";

pub struct Server {
    process: Child,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts a server; explains what to do where that cannot be.
    pub fn start() -> Server {
        let programs = programs().unwrap_or_else(|| panic!("{MISSING}"));
        let folder = tempfile::tempdir().expect("a directory for the server");
        let user = Account::to_run_as(folder.path());
        user.own(folder.path());
        let data = folder.path().join("data");
        let made = user
            .command(&programs.join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=postgres",
                "--pgdata",
            ])
            .arg(&data)
            .args(["--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8"])
            .output()
            .expect("initdb starts");
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let process = user
            .command(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "autovacuum=off",
                "-c",
                "jit=off",
            ])
            .args([
                "-c",
                "TimeZone=UTC",
                "-c",
                "logging_collector=off",
                "-c",
                "max_connections=20",
            ])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).expect("a file for the log"))
            .spawn()
            .expect("postgres starts");
        let mut server = Server { process, folder };
        server.wait();
        server
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.5432")
    }

    fn wait(&mut self) {
        let start = Instant::now();
        while super::client::Client::connect(&self.socket()).is_err() {
            let ended = self.process.try_wait().expect("the state of a child");
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(ended.is_none(), "PostgreSQL ended: {}", log());
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "PostgreSQL does not answer: {}",
                log()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its own processes end when they find it gone, and nothing of it is kept.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The directory of PostgreSQL's programs: the named one, version 15 of Debian's, or the newest there is.
fn programs() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("POSTGRESQL_BIN") {
        return Some(PathBuf::from(named)).filter(|path| path.join("initdb").exists());
    }
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let found = versions.filter(|version| version.path().join("bin/initdb").exists());
    let best = found.max_by_key(
        |version| match version.file_name().to_string_lossy().parse() {
            Ok(15) => u32::MAX,
            Ok(number) => number,
            Err(_) => 0,
        },
    );
    best.map(|version| version.path().join("bin"))
}

/// Who runs the server. PostgreSQL refuses to be run by root, who therefore runs it as `postgres`.
struct Account(Option<(u32, u32)>);

impl Account {
    fn to_run_as(own: &Path) -> Account {
        if fs::metadata(own).expect("its own directory").uid() != 0 {
            return Account(None);
        }
        let users = fs::read_to_string("/etc/passwd").expect("the list of users");
        let numbers = users.lines().find_map(|line| {
            let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        });
        Account(Some(
            numbers.expect("the user postgres, as Debian's package makes it"),
        ))
    }

    fn own(&self, folder: &Path) {
        let kept: io::Result<()> = match self.0 {
            Some((user, group)) => chown(folder, Some(user), Some(group)),
            None => fs::set_permissions(folder, fs::Permissions::from_mode(0o700)),
        };
        kept.expect("a directory that belongs to the server");
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command.current_dir("/");
        command
    }
}
