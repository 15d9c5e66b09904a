//! Archives of stored parts, byte by byte: no library decides how they look.

/// An archive of these parts, whether or not two have one name.
pub fn zip<N: AsRef<str>>(parts: &[(N, Vec<u8>)]) -> Vec<u8> {
    let short = |n: usize| u16::try_from(n).expect("a small archive").to_le_bytes();
    let long = |n: usize| u32::try_from(n).expect("a small archive").to_le_bytes();
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let name = name.as_ref().as_bytes();
        // Version 2.0, no flags, stored, midnight of 1 January 1980.
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        head.extend(checksum(content).to_le_bytes());
        head.extend(long(content.len()));
        head.extend(long(content.len()));
        head.extend(short(name.len()));
        head.extend([0; 2]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(long(archive.len()));
        directory.extend(name);
        archive.extend(b"PK\x03\x04");
        archive.extend(head);
        archive.extend(name);
        archive.extend(content);
    }
    let start = archive.len();
    archive.extend(&directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(short(parts.len()));
    archive.extend(short(parts.len()));
    archive.extend(long(directory.len()));
    archive.extend(long(start));
    archive.extend([0; 2]);
    archive
}

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 * (sum & 1))
        })
    })
}

/// Changes the first occurrence of some bytes and nothing else, a checksum neither.
pub fn changed(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|part| part == from);
    let at = at.expect("the bytes are there");
    bytes.splice(at..at + from.len(), to.iter().copied());
    bytes
}
