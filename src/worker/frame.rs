//! Messages between the job and its workers: a head in JSON, columns of figures as they are.
//!
//! A frame is the length of its head, the length of its body, then both. Numbers travel as
//! little-endian eight bytes each, so that millions of them cost a copy and nothing more.

use super::Reply;
use crate::table::{Block, Draft, DraftColumn, Dress, Marks, Words};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// A frame larger than this is none of ours.
const MOST_HEAD: u32 = 1 << 30;
const MOST_BODY: u64 = 1 << 34;

/// Writes one frame.
///
/// # Errors
/// When the other side is gone.
pub fn write(to: &mut impl Write, head: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let head = serde_json::to_vec(head).map_err(io::Error::other)?;
    let length = u32::try_from(head.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&(body.len() as u64).to_le_bytes())?;
    to.write_all(&head)?;
    to.write_all(body)?;
    to.flush()
}

/// Reads one frame; `None` where the other side has closed.
///
/// # Errors
/// When a frame is cut off or is none.
pub fn read(from: &mut impl Read) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut lengths = [0; 12];
    if from.read(&mut lengths[..1])? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut lengths[1..])?;
    let (head, body) = lengths.split_at(4);
    let head = u32::from_le_bytes(head.try_into().map_err(io::Error::other)?);
    let body = u64::from_le_bytes(body.try_into().map_err(io::Error::other)?);
    if head > MOST_HEAD || body > MOST_BODY {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a frame beyond all measure",
        ));
    }
    // A length alone allocates little: beyond it, space grows as the bytes come.
    let mut take = |length: u64| {
        let mut bytes = Vec::with_capacity(usize::try_from(length.min(1 << 24)).unwrap_or(0));
        let read = from.by_ref().take(length).read_to_end(&mut bytes)?;
        if read as u64 == length {
            Ok(bytes)
        } else {
            Err(io::Error::from(io::ErrorKind::UnexpectedEof))
        }
    };
    Ok(Some((take(u64::from(head))?, take(body)?)))
}

/// A draft's head: everything but its columns' contents.
#[derive(Serialize, Deserialize)]
struct DraftHead {
    records: usize,
    columns: Vec<ColumnHead>,
    marks: Marks,
    dress: Dress,
    blocks: Vec<Block>,
}

#[derive(Serialize, Deserialize)]
enum ColumnHead {
    Numbers,
    Words(usize),
}

/// A reply with its drafts taken out.
#[derive(Serialize, Deserialize)]
struct ReplyHead {
    reply: Reply,
    drafts: Vec<DraftHead>,
}

/// Writes a reply, the columns of its tables behind it.
///
/// # Errors
/// When the other side is gone.
pub fn write_reply(to: &mut impl Write, mut reply: Reply) -> io::Result<()> {
    let mut body = Vec::new();
    let mut drafts = Vec::new();
    if let Reply::Read { reading, .. } = &mut reply {
        for received in &mut reading.received {
            let draft = std::mem::take(&mut received.draft);
            let columns = draft.columns.into_iter().map(|column| match column {
                DraftColumn::Numbers(numbers) => {
                    body.reserve(numbers.len() * 8);
                    for x in &numbers {
                        body.extend_from_slice(&x.to_le_bytes());
                    }
                    ColumnHead::Numbers
                }
                DraftColumn::Words(words) => {
                    body.extend(words.ends.iter().flat_map(|end| end.to_le_bytes()));
                    body.extend_from_slice(words.bytes.as_bytes());
                    ColumnHead::Words(words.bytes.len())
                }
            });
            drafts.push(DraftHead {
                records: draft.records,
                columns: columns.collect(),
                marks: draft.marks,
                dress: draft.dress,
                blocks: draft.blocks,
            });
        }
    }
    write(to, &ReplyHead { reply, drafts }, &body)
}

/// Puts a reply together again.
///
/// # Errors
/// When head and body do not belong together.
pub fn reply(head: &[u8], body: &[u8]) -> io::Result<Reply> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let ReplyHead { mut reply, drafts } = serde_json::from_slice(head).map_err(io::Error::other)?;
    let Reply::Read { reading, .. } = &mut reply else {
        return Ok(reply);
    };
    let mut rest = body;
    let mut take = |bytes: usize| {
        let (part, left) = rest
            .split_at_checked(bytes)
            .ok_or_else(|| wrong("a short body"))?;
        rest = left;
        Ok::<_, io::Error>(part)
    };
    for (received, head) in reading.received.iter_mut().zip(drafts) {
        let records = head.records;
        let columns = head.columns.into_iter().map(|column| {
            Ok(match column {
                ColumnHead::Numbers => DraftColumn::Numbers(
                    take(records * 8)?
                        .chunks_exact(8)
                        .map(|x| f64::from_le_bytes(x.try_into().unwrap_or_default()))
                        .collect(),
                ),
                ColumnHead::Words(bytes) => {
                    let ends = take(records * 4)?
                        .chunks_exact(4)
                        .map(|end| u32::from_le_bytes(end.try_into().unwrap_or_default()))
                        .collect();
                    let text = String::from_utf8(take(bytes)?.to_vec());
                    DraftColumn::Words(Words {
                        bytes: text.map_err(io::Error::other)?,
                        ends,
                    })
                }
            })
        });
        received.draft = Draft {
            records,
            columns: columns.collect::<io::Result<_>>()?,
            marks: head.marks,
            dress: head.dress,
            blocks: head.blocks,
        };
    }
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{Reading, Received};

    #[test]
    fn a_reading_arrives_as_it_was_sent() {
        let mut words = Words::default();
        for word in ["巴南", "", "南岸"] {
            words.push(word);
        }
        let draft = Draft {
            records: 3,
            columns: vec![
                DraftColumn::Numbers(vec![1.0, 2.5, -0.1]),
                DraftColumn::Words(words),
            ],
            ..Draft::default()
        };
        let received = Received {
            draft,
            sheet: "KY01".to_owned(),
            ..Received::default()
        };
        let sent = Reading {
            received: vec![received],
            ..Reading::default()
        };
        let mut bytes = Vec::new();
        let reply_sent = Reply::Read {
            reading: Box::new(sent.clone()),
            sha256: "00".to_owned(),
        };
        write_reply(&mut bytes, reply_sent).expect("written");
        let (head, body) = read(&mut bytes.as_slice())
            .expect("a frame")
            .expect("not the end");
        let Reply::Read { reading, .. } = reply(&head, &body).expect("a reply") else {
            panic!()
        };
        assert_eq!(*reading, sent);
    }

    #[test]
    fn what_is_no_frame_is_an_error_and_costs_nothing() {
        for bytes in [
            &[1, 2, 3][..],
            &[255; 12],
            &[1, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 7],
        ] {
            assert!(read(&mut &bytes[..]).is_err());
        }
        assert!(read(&mut &[][..]).expect("the end").is_none());
        assert!(reply(b"{}", &[]).is_err());
    }
}
