//! Bytes that were durable and are no longer what they were: found out and named, or harmless. Never another
//! history.

mod support;

use driftdb::commit::Commit;
use driftdb::error::{Code, Error, Result};
use driftdb::log::{Log, Mode, Report};
use driftdb::storage::Memory;
use support::commits::*;
use support::{Faulty, Missing};

const HEADER_BYTES: usize = 4096;

/// A history in several segments, left as a crash leaves it or closed in order.
fn image(count: u64, close_it: bool) -> (Vec<Commit>, Memory) {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    let commits = history(count);
    for one in &commits {
        commit(&mut log, one).expect("sound");
    }
    if close_it {
        close(&mut log).expect("sound");
    }
    (commits, files.crashed([]))
}

fn reopen(image: &Memory) -> Result<(Vec<Commit>, Log, Report)> {
    open(Box::new(image.clone()), options(9))
}

/// Damage, said with its place.
fn assert_damage(error: &Error, what: &str) {
    assert!(
        matches!(error.code(), Code::Corrupt | Code::DataLoss),
        "{what}: {error}"
    );
    let names_place = ["segment", "file"]
        .iter()
        .any(|word| error.message().contains(word));
    assert!(names_place, "{what}: {error}");
}

/// Either all commits, or damage.
fn assert_whole_or_damage(image: &Memory, commits: &[Commit], what: &str) -> bool {
    match reopen(image) {
        Ok((read, ..)) => assert_eq!(read, commits, "{what}"),
        Err(error) => {
            assert_damage(&error, what);
            return true;
        }
    }
    false
}

/// Where frames and headers have their bytes, and a sample of the zeros between.
fn places(image: &Memory) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    for (number, bytes) in image.files.iter().enumerate() {
        for (place, byte) in bytes.iter().enumerate() {
            if *byte != 0 || place % 61 == 0 {
                places.push((number, place));
            }
        }
    }
    places
}

/// The frames of a segment: offset and length of each body.
fn frames(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut frames = Vec::new();
    let mut offset = HEADER_BYTES;
    while let Some(head) = bytes.get(offset..offset + 8) {
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if length == 0 {
            break;
        }
        frames.push((offset, length));
        offset += 8 + length;
    }
    frames
}

#[test]
fn every_flipped_bit_of_a_closed_log_is_found_or_harmless() {
    let (commits, image) = image(12, true);
    assert!(image.files.len() > 2, "several segments");
    let mut flipped = image.clone();
    for (file, place) in places(&image) {
        for bit in 0..8 {
            flipped.files[file][place] ^= 1 << bit;
            let what = format!("file {file}, byte {place}, bit {bit}");
            let is_found = assert_whole_or_damage(&flipped, &commits, &what);
            assert_eq!(is_found, is_in_frame(&image, file, place), "{what}");
            flipped.files[file][place] ^= 1 << bit;
        }
    }
}

/// Whether a byte is part of a frame that matters: all but the seals, which say nothing that the next header
/// does not say as well.
fn is_in_frame(image: &Memory, file: usize, place: usize) -> bool {
    const SEAL: u8 = 18;
    let bytes = &image.files[file];
    // The sequences here take one byte, so that the event type is at 8 + 1 + 8.
    file > 0
        && frames(bytes).iter().any(|(offset, length)| {
            (*offset..offset + 8 + length).contains(&place) && bytes[offset + 17] != SEAL
        })
}

#[test]
fn after_a_crash_only_the_last_group_can_be_taken_for_torn() {
    let (commits, image) = image(9, false);
    let last = image.files.len() - 1;
    let mut flipped = image.clone();
    for (file, place) in places(&image) {
        flipped.files[file][place] ^= 0x10;
        match reopen(&flipped) {
            Ok((read, ..)) => {
                assert_eq!(read, commits[..read.len()]);
                let is_torn_last = file == last && read.len() == commits.len() - 1;
                assert!(
                    read.len() == commits.len() || is_torn_last,
                    "file {file}, byte {place}"
                );
            }
            Err(error) => assert_damage(&error, "flipped"),
        }
        flipped.files[file][place] ^= 0x10;
    }
}

#[test]
fn a_length_that_lies_is_damage_while_frames_follow() {
    let (commits, image) = image(9, true);
    for (file, bytes) in image.files.iter().enumerate().skip(1) {
        for (offset, length) in frames(bytes) {
            let end = bytes.len() - offset - 8;
            let lies = [
                0,
                1,
                9,
                10,
                length - 1,
                length + 1,
                end,
                end + 1,
                1 << 25,
                (1 << 25) + 1,
                u32::MAX as usize,
            ];
            for lie in lies {
                let mut lying = image.clone();
                lying.files[file][offset..offset + 4].copy_from_slice(&(lie as u32).to_le_bytes());
                assert_whole_or_damage(&lying, &commits, &format!("{length} became {lie}"));
            }
        }
    }
}

#[test]
fn sectors_that_are_lost_or_misplaced_are_damage() {
    let (commits, image) = image(12, true);
    for (file, bytes) in image.files.iter().enumerate() {
        let sectors: Vec<&[u8]> = bytes.chunks(512).collect();
        for (index, sector) in sectors.iter().enumerate() {
            let mut zeroed = image.clone();
            zeroed.files[file][index * 512..index * 512 + sector.len()].fill(0);
            assert_whole_or_damage(
                &zeroed,
                &commits,
                &format!("file {file}, sector {index} lost"),
            );
            let other = sectors[(index + 1) % sectors.len()];
            let mut swapped = image.clone();
            let length = sector.len().min(other.len());
            swapped.files[file][index * 512..][..length].copy_from_slice(&other[..length]);
            assert_whole_or_damage(
                &swapped,
                &commits,
                &format!("file {file}, sector {index} replaced"),
            );
        }
    }
}

#[test]
fn files_of_any_length_are_whole_or_damaged() {
    let (commits, image) = image(12, true);
    for (file, bytes) in image.files.iter().enumerate() {
        for length in (0..bytes.len()).step_by(37) {
            let mut cut = image.clone();
            cut.files[file].truncate(length);
            let is_damaged =
                assert_whole_or_damage(&cut, &commits, &format!("file {file} cut at {length}"));
            // Without the superblock's file nothing is lost; without a segment's, commits are.
            assert!(is_damaged || file == 0 || length > HEADER_BYTES);
        }
    }
}

#[test]
fn files_are_known_by_what_is_in_them() {
    let (commits, image) = image(12, true);
    let mut rotated = image.clone();
    rotated.files[1..].rotate_left(1);
    assert_eq!(reopen(&rotated).expect("any order").0, commits);
    for file in 1..image.files.len() {
        let mut doubled = image.clone();
        doubled.files.push(image.files[file].clone());
        assert_damage(&reopen(&doubled).err().expect("twice"), "a file twice");
    }
}

#[test]
fn a_log_without_its_superblock_is_whole() {
    let (commits, image) = image(12, true);
    let mut lost = image.clone();
    lost.files[0].fill(0);
    let (read, _, report) = reopen(&lost).expect("the segments describe themselves");
    assert_eq!((read, report.epoch), (commits, 2));
}

#[test]
fn an_older_copy_of_a_file_is_found_out() {
    let (_, before) = image(7, true);
    let (_, after) = image(12, true);
    for file in 1..before.files.len() {
        let mut restored = after.clone();
        restored.files[file].clone_from(&before.files[file]);
        if restored != after {
            assert_damage(&reopen(&restored).err().expect("older"), "restored");
        }
    }
}

#[test]
fn files_of_another_database_are_left_alone() {
    let (commits, mut image) = image(12, true);
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(555)).expect("new");
    commit(&mut log, &create_table(0)).expect("sound");
    let foreign = files.seen().files[1].clone();
    image.files.insert(2, foreign.clone());
    let (read, mut log, report) = reopen(&image).expect("ours are whole");
    assert_eq!((read.len(), report.foreign_files), (12, vec![2]));
    for one in &history(40)[12..] {
        commit(&mut log, one).expect("sound");
    }
    // But a superblock that belongs to none of the segments is no creation of a new database.
    let mut mixed = files.seen();
    mixed.files[0].clone_from(&image.files[0]);
    assert_damage(&reopen(&mixed).err().expect("mixed"), "mixed");
    assert_eq!(commits.len(), 12);
}

#[test]
fn salvage_reads_up_to_the_damage_and_writes_nothing() {
    let (commits, mut image) = image(12, true);
    let (offset, length) = frames(&image.files[2])[2];
    image.files[2][offset + length / 2] ^= 1;
    let damage = reopen(&image).err().expect("damaged");
    for mode in [Mode::Write, Mode::Read] {
        let error = open(Box::new(image.clone()), read_only(3, mode))
            .err()
            .expect("damaged");
        assert_eq!(error, damage);
    }
    let files = Faulty::new(image.clone());
    let (read, mut log, report) =
        open(Box::new(files.clone()), read_only(3, Mode::Salvage)).expect("read up to there");
    assert!(!read.is_empty() && read.len() < commits.len());
    assert_eq!(read, commits[..read.len()]);
    assert_eq!(report.damage, Some(damage));
    let refused = log
        .append(&commits[read.len()])
        .expect_err("only to be read");
    assert_eq!(refused.code(), Code::ReadOnly);
    assert_eq!(files.seen(), image);
}

#[test]
fn reading_only_writes_nothing() {
    let (commits, image) = image(5, false);
    let files = Faulty::new(image.clone());
    let missing = Box::new(Missing::new(files.clone()));
    let (read, mut log, report) = open(missing, read_only(3, Mode::Read)).expect("sound");
    assert_eq!((read, report.epoch), (commits, 1));
    assert_eq!(
        log.flush().expect_err("only to be read").code(),
        Code::ReadOnly
    );
    assert_eq!(log.close(), Ok(true));
    assert_eq!(files.seen(), image);
}

/// Changes both copies of the header of the segment in a file, with its checksum.
fn edit_header(image: &mut Memory, file: usize, edit: impl Fn(&mut [u8])) {
    for start in [0, 2048] {
        let page = &mut image.files[file][start..start + 2048];
        edit(page);
        let crc = crc32fast::hash(&page[..2044])
            .rotate_right(15)
            .wrapping_add(0xa282_ead8);
        page[2044..].copy_from_slice(&crc.to_le_bytes());
    }
}

/// The checksum of a frame, with which bytes were made to fit.
fn forge_checksum(bytes: &mut [u8], offset: usize, length: usize) {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[48..64]);
    hasher.update(&(offset as u64).to_le_bytes());
    hasher.update(&(length as u32).to_le_bytes());
    hasher.update(&bytes[offset + 8..offset + 8 + length]);
    let crc = hasher.finalize().rotate_right(15).wrapping_add(0xa282_ead8);
    bytes[offset + 4..offset + 8].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn the_chain_finds_what_a_forged_checksum_hides() {
    let (commits, image) = image(12, true);
    for file in 1..image.files.len() {
        for (offset, length) in frames(&image.files[file]) {
            let event = image.files[file][offset + 17];
            for place in offset + 8..offset + 8 + length {
                let mut forged = image.clone();
                forged.files[file][place] ^= 4;
                forge_checksum(&mut forged.files[file], offset, length);
                let what = format!("file {file}, event {event}, byte {place}");
                let is_found = assert_whole_or_damage_or_newer(&forged, &commits, &what);
                // Of COMMIT and SESSION something speaks of the place alone; events are all in the chain.
                assert!(is_found || event > 5, "{what}");
            }
        }
    }
}

/// A kind of event may have become one of a later version.
fn assert_whole_or_damage_or_newer(image: &Memory, commits: &[Commit], what: &str) -> bool {
    let is_newer = reopen(image).is_err_and(|error| error.code() == Code::FormatTooNew);
    is_newer || assert_whole_or_damage(image, commits, what)
}

#[test]
fn a_header_that_does_not_link_is_damage() {
    let (_, image) = image(12, true);
    for field in [40, 48, 64, 72, 80, 111] {
        for file in 1..image.files.len() {
            let mut edited = image.clone();
            edit_header(&mut edited, file, |page| page[field] ^= 1);
            let what = format!("file {file}, field {field}");
            assert_damage(&reopen(&edited).err().expect(&what), &what);
        }
    }
}

#[test]
fn a_sealed_segment_without_its_successor_has_lost_a_file() {
    // As a crash leaves it: the superblock knows nothing of all this.
    let (commits, mut image) = image(12, false);
    let last = image.files.pop().expect("several segments");
    let error = reopen(&image).err().expect("a file is gone");
    assert_eq!(error.code(), Code::DataLoss, "{error}");
    image.files.push(last);
    assert_eq!(reopen(&image).expect("it is back").0, commits);
}

#[test]
fn later_formats_are_refused_or_read_as_their_flags_say() {
    let (commits, image) = image(3, true);
    let mut newer = image.clone();
    edit_header(&mut newer, 1, |page| page[8] = 2);
    assert_eq!(
        reopen(&newer).err().expect("newer").code(),
        Code::FormatTooNew
    );
    let mut incompatible = image.clone();
    edit_header(&mut incompatible, 1, |page| page[20] = 1);
    assert_eq!(
        reopen(&incompatible).err().expect("newer").code(),
        Code::FormatTooNew
    );

    let mut readable = image.clone();
    edit_header(&mut readable, 1, |page| page[16] = 1);
    let files = Faulty::new(readable.clone());
    let (read, _, report) = open(Box::new(files.clone()), options(1)).expect("to be read");
    assert_eq!(read, commits);
    assert_eq!(
        report.read_only.expect("not written").code(),
        Code::FormatTooNew
    );
    assert_eq!(files.seen(), readable);

    let mut compatible = image.clone();
    edit_header(&mut compatible, 1, |page| page[12] = 1);
    assert_eq!(reopen(&compatible).expect("compatible").2.read_only, None);
}

#[test]
fn a_long_tail_of_garbage_is_searched_through() {
    let (commits, mut image) = image(3, false);
    let random = Seeded::new(4);
    // Small numbers, of which many look like lengths, sequences and event types.
    let garbage = (0..200_000).map(|_| (random.next() & random.next() & 0x0f) as u8);
    image.files[1].extend(garbage.chain([1]));
    let (read, _, report) = reopen(&image).expect("torn");
    assert_eq!(read, commits);
    let torn = report.torn.expect("it is no clean end");
    assert_eq!((torn.segment, torn.seq), (0, 3));
}

#[test]
fn random_files_are_no_database() {
    for seed in 0..300 {
        let random = Seeded::new(seed);
        let mut image = Memory::new();
        for _ in 0..random.below(4) {
            let length = random.below(12_000);
            image
                .files
                .push((0..length).map(|_| random.next() as u8).collect());
        }
        match reopen(&image) {
            Ok((read, _, report)) => assert!(read.is_empty() && report.created),
            Err(error) => assert_damage(&error, "random"),
        }
    }
}
