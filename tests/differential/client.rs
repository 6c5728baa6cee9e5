//! As much of PostgreSQL's protocol as the simple query needs, over a unix socket.

use super::answer::{Answer, Field, Refused, Rows};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

pub struct Client {
    reader: BufReader<UnixStream>,
}

/// A message of the server: its kind and what is in it.
struct Message {
    kind: u8,
    body: Vec<u8>,
}

impl Client {
    pub fn connect(socket: &Path) -> io::Result<Client> {
        let stream = UnixStream::connect(socket)?;
        let mut client = Client {
            reader: BufReader::new(stream),
        };
        let mut start = 196_608u32.to_be_bytes().to_vec();
        start.extend(b"user\0postgres\0database\0postgres\0client_encoding\0UTF8\0\0");
        client.send(&[], &start)?;
        match client.answer()? {
            Ok(_) => Ok(client),
            Err(refused) => Err(io::Error::other(refused.message)),
        }
    }

    /// Runs a text; what its last statement answered, or the first error.
    pub fn run(&mut self, sql: &str) -> Answer {
        let text = [sql.as_bytes(), &[0]].concat();
        self.send(b"Q", &text).expect("the server listens");
        self.answer().expect("the server answers")
    }

    fn send(&mut self, kind: &[u8], body: &[u8]) -> io::Result<()> {
        let length = (body.len() as u32 + 4).to_be_bytes();
        self.reader
            .get_mut()
            .write_all(&[kind, &length, body].concat())
    }

    fn receive(&mut self) -> io::Result<Message> {
        let mut head = [0; 5];
        self.reader.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length.saturating_sub(4)];
        self.reader.read_exact(&mut body)?;
        Ok(Message {
            kind: head[0],
            body,
        })
    }

    /// Reads until the server is ready for the next query.
    fn answer(&mut self) -> io::Result<Answer> {
        let mut rows = Rows::default();
        let mut refused = None;
        loop {
            let message = self.receive()?;
            let mut body = Body(&message.body);
            match message.kind {
                b'T' => {
                    rows = Rows {
                        fields: body.fields(),
                        ..Rows::default()
                    }
                }
                b'D' => rows.rows.push(body.cells()),
                b'C' => rows.affected = affected(&body.text()),
                b'E' => refused = Some(body.refusal()),
                b'Z' => return Ok(refused.map_or(Ok(rows), Err)),
                _ => {}
            }
        }
    }
}

/// The number of rows in `INSERT 0 5` or `UPDATE 5`; what is selected is counted by its rows.
fn affected(tag: &str) -> u64 {
    match tag.split(' ').next() {
        Some("INSERT" | "UPDATE" | "DELETE") => tag
            .rsplit(' ')
            .next()
            .and_then(|count| count.parse().ok())
            .unwrap_or(0),
        _ => 0,
    }
}

/// What is left to read of a message.
struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn bytes(&mut self, count: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn number(&mut self, bytes: usize) -> i32 {
        let bits = self
            .bytes(bytes)
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        if bytes == 2 {
            i32::from(bits as u16 as i16)
        } else {
            bits as i32
        }
    }

    fn text(&mut self) -> String {
        let length = self
            .0
            .iter()
            .position(|byte| *byte == 0)
            .expect("a text ends with a zero");
        let text = String::from_utf8_lossy(self.bytes(length)).into_owned();
        self.bytes(1);
        text
    }

    fn fields(&mut self) -> Vec<Field> {
        let count = self.number(2);
        let field = |body: &mut Self| {
            let name = body.text();
            body.bytes(6);
            let oid = body.number(4) as u32;
            body.bytes(8);
            Field { name, oid }
        };
        (0..count).map(|_| field(self)).collect()
    }

    fn cells(&mut self) -> Vec<Option<String>> {
        let count = self.number(2);
        let cell = |body: &mut Self| {
            let length = usize::try_from(body.number(4)).ok()?;
            Some(String::from_utf8_lossy(body.bytes(length)).into_owned())
        };
        (0..count).map(|_| cell(self)).collect()
    }

    fn refusal(&mut self) -> Refused {
        let mut refused = Refused::default();
        while self.0.first().is_some_and(|kind| *kind != 0) {
            match self.bytes(1)[0] {
                b'C' => refused.state = self.text(),
                b'M' => refused.message = self.text(),
                _ => drop(self.text()),
            }
        }
        refused
    }
}
