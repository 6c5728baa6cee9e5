//! Where the live version of each row lies.
//!
//! ```text
//!   row id 1,300 = page 2, slot 276
//!   pages  [ -  0  1 ]          a directory from the first page in use; `-`: no row there
//!   page 1 [ … | block 7 row 31 | … ]
//! ```
//!
//! Row ids are given in order over the whole database, so a table's ids come in stretches and a page is
//! mostly full or absent. A page that comes from a checkpoint stays as its bytes until it is asked for a row, and pages are
//! shared with copies of the map until one of the two changes them.

use super::Location;
use super::waiting::Bytes;
use crate::encoding::wire::Decoded;
use crate::types::{RowId, TableId};
use std::cell::OnceCell;
use std::rc::Rc;

pub(crate) const PAGE_ROWS: usize = 512;
pub(crate) const NONE: u64 = u64::MAX;

/// Where the rows of a page lie, as [`Location::pack`] says it, or `NONE`.
pub(crate) type Slots = [u64; PAGE_ROWS];

#[derive(Debug, Clone, Default)]
pub(crate) struct RowMap {
    /// The number of the page that `pages` starts with.
    first: u64,
    pages: Vec<Option<Rc<Page>>>,
    len: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Page {
    /// There, unless it waits.
    slots: OnceCell<Box<Slots>>,
    pub used: usize,
    /// The bytes that it was before it changed.
    pub waiting: Option<WaitingPage>,
}

#[derive(Debug, Clone)]
pub(crate) struct WaitingPage {
    pub bytes: Bytes,
    pub rows: Rc<StoredRows>,
}

/// What the locations in waiting pages of a table are bounded by.
#[derive(Debug)]
pub(crate) struct StoredRows {
    pub table: TableId,
    /// The number in the store of the first block of the checkpoint; and of all its blocks the table, and how many rows
    /// they have.
    pub first: u32,
    pub blocks: Rc<Vec<(TableId, usize)>>,
    pub read: fn(&[u8], usize, &StoredRows) -> Decoded<Box<Slots>>,
}

impl Page {
    pub fn slots(&self) -> &Slots {
        self.slots.get_or_init(|| self.read())
    }

    #[inline(never)]
    fn read(&self) -> Box<Slots> {
        let read = self.waiting.as_ref().and_then(|waiting| {
            let WaitingPage { bytes, rows } = waiting;
            let read = (rows.read)(bytes.get(), self.used, rows);
            read.inspect_err(|_| bytes.are_damaged()).ok()
        });
        read.unwrap_or_else(|| Box::new([NONE; PAGE_ROWS]))
    }

    fn slots_mut(&mut self) -> &mut Slots {
        self.slots();
        self.waiting = None;
        self.slots.get_mut().expect("it was asked for above")
    }
}

fn place(row: RowId) -> (u64, usize) {
    let rows = PAGE_ROWS as u64;
    (row.0 / rows, (row.0 % rows) as usize)
}

impl RowMap {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn get(&self, row: RowId) -> Option<Location> {
        let (page, slot) = place(row);
        let index = usize::try_from(page.checked_sub(self.first)?).ok()?;
        let packed = self.pages.get(index)?.as_ref()?.slots()[slot];
        (packed != NONE).then(|| Location::unpack(packed))
    }

    /// Sets the place of a row, which it may have had before.
    pub fn set(&mut self, row: RowId, location: Location) {
        let (number, slot) = place(row);
        let page = Rc::make_mut(self.page(number).get_or_insert_with(|| {
            Rc::new(Page {
                slots: OnceCell::new(),
                used: 0,
                waiting: None,
            })
        }));
        let own = &mut page.slots_mut()[slot];
        let new = *own == NONE;
        *own = location.pack();
        page.used += usize::from(new);
        self.len += usize::from(new);
    }

    fn page(&mut self, number: u64) -> &mut Option<Rc<Page>> {
        if self.pages.is_empty() {
            self.first = number;
        }
        if number < self.first {
            let missing = (self.first - number) as usize;
            self.pages.splice(0..0, (0..missing).map(|_| None));
            self.first = number;
        }
        let index = (number - self.first) as usize;
        if index >= self.pages.len() {
            self.pages.resize_with(index + 1, || None);
        }
        &mut self.pages[index]
    }

    /// The number behind that of the last page.
    pub fn pages(&self) -> u64 {
        self.first + self.pages.len() as u64
    }

    /// Adds a page that waits, with so many rows.
    pub fn add_waiting(&mut self, number: u64, used: usize, waiting: WaitingPage) {
        self.len += used;
        *self.page(number) = Some(Rc::new(Page {
            slots: OnceCell::new(),
            used,
            waiting: Some(waiting),
        }));
    }

    pub fn remove(&mut self, row: RowId) -> Option<Location> {
        let found = self.get(row)?;
        let (number, slot) = place(row);
        let index = (number - self.first) as usize;
        let page = Rc::make_mut(self.pages[index].as_mut()?);
        page.slots_mut()[slot] = NONE;
        page.used -= 1;
        if page.used == 0 {
            self.pages[index] = None;
        }
        self.len -= 1;
        Some(found)
    }

    /// The pages that have rows from some place on, with their numbers.
    pub fn pages_from(&self, index: usize) -> impl Iterator<Item = (u64, &Page)> + '_ {
        let pages = self.pages.iter().enumerate().skip(index);
        pages.filter_map(|(index, page)| Some((self.first + index as u64, &**page.as_ref()?)))
    }

    /// The place of the page behind one with this number.
    pub fn behind(&self, number: u64) -> usize {
        (number - self.first) as usize + 1
    }

    /// In the order of the row ids.
    pub fn iter(&self) -> impl Iterator<Item = (RowId, Location)> + '_ {
        self.pages_from(0).flat_map(|(number, page)| {
            let slots = page.slots().iter().enumerate();
            let taken = slots.filter(|(_, packed)| **packed != NONE);
            taken.map(move |(slot, packed)| {
                let row = number * PAGE_ROWS as u64 + slot as u64;
                (RowId(row), Location::unpack(*packed))
            })
        })
    }

    pub fn bytes_held(&self) -> usize {
        let held = |(_, page): (u64, &Page)| {
            let slots = page.slots.get().map_or(0, |_| size_of::<Slots>());
            let waiting = page.waiting.as_ref();
            slots + waiting.map_or(0, |waiting| waiting.bytes.get().len())
        };
        self.pages_from(0).map(held).sum::<usize>() + self.pages.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::BlockId;

    fn at(row: u32) -> Location {
        Location {
            block: BlockId(1),
            row,
        }
    }

    #[test]
    fn rows_are_found_moved_and_forgotten_whatever_their_order() {
        let mut map = RowMap::default();
        for row in [5000, 3, 70_000, 4] {
            map.set(RowId(row), at(row as u32));
        }
        map.set(RowId(4), at(9));
        assert_eq!(map.get(RowId(4)), Some(at(9)));
        assert_eq!(map.remove(RowId(5000)), Some(at(5000)));
        assert_eq!(
            (map.get(RowId(5000)), map.get(RowId(1 << 40))),
            (None, None)
        );
        let rows: Vec<u64> = map.iter().map(|(row, _)| row.0).collect();
        assert_eq!((rows, map.len()), (vec![3, 4, 70_000], 3));
    }
}
