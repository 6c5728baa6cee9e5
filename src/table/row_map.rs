//! Where the live version of each row lies.
//!
//! ```text
//!   row id 1,300 = page 2, slot 276
//!   pages  [ -  0  1 ]          a directory from the first page in use; `-`: no row there
//!   page 1 [ … | block 7 row 31 | … ]
//! ```
//!
//! Row ids are given in order over the whole database, so a table's ids come in stretches and a page is
//! mostly full or absent. A page that comes from a checkpoint stays as its bytes until it is asked for a row, and may be them again
//! when room is made. Pages are shared with copies of the map until one of the two changes them.

use super::BlockId;
use super::Location;
use super::memory::{Mark, Round};
use super::waiting::{Bytes, Identity, identity_of};
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
    mark: Mark,
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
    /// Of all blocks of the checkpoint the number in the store, the table, and how many rows they have.
    pub blocks: Rc<Vec<StoredBlock>>,
    pub read: fn(&[u8], usize, &StoredRows) -> Decoded<Box<Slots>>,
}

/// A block of a checkpoint, as long as rows may lie in it.
pub(crate) type StoredBlock = (BlockId, TableId, usize);

impl Page {
    fn new(used: usize, waiting: Option<WaitingPage>) -> Rc<Page> {
        Rc::new(Page {
            slots: OnceCell::new(),
            used,
            waiting,
            mark: Mark::default(),
        })
    }

    pub fn slots(&self) -> &Slots {
        self.mark.set();
        self.slots.get_or_init(|| self.read())
    }

    #[inline(never)]
    fn read(&self) -> Box<Slots> {
        let read = self.waiting.as_ref().and_then(|waiting| {
            let WaitingPage { bytes, rows } = waiting;
            bytes.memory().grow(size_of::<Slots>());
            bytes.decode(|own| (rows.read)(own, self.used, rows))
        });
        read.unwrap_or_else(|| Box::new([NONE; PAGE_ROWS]))
    }

    fn bytes_held(&self) -> usize {
        self.slots.get().map_or(0, |_| size_of::<Slots>())
    }

    fn slots_mut(&mut self) -> &mut Slots {
        self.slots();
        self.waiting = None;
        self.slots.get_mut().expect("it was asked for above")
    }
}

/// Which bytes or piece of memory a page is, as long as it does not change.
impl Page {
    pub fn identity(self: &Rc<Self>) -> Identity {
        let waiting = self.waiting.as_ref();
        waiting.map_or_else(|| identity_of(self), |waiting| waiting.bytes.identity())
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
        let page = self.page(number);
        let page = Rc::make_mut(page.get_or_insert_with(|| Page::new(0, None)));
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
        *self.page(number) = Some(Page::new(used, Some(waiting)));
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
    pub fn pages_from(&self, index: usize) -> impl Iterator<Item = (u64, &Rc<Page>)> + '_ {
        let pages = self.pages.iter().enumerate().skip(index);
        pages.filter_map(|(index, page)| Some((self.first + index as u64, page.as_ref()?)))
    }

    /// Drops places that can be had again.
    pub fn go_round(&mut self, round: &mut Round) {
        round.fix(self.pages.capacity() * 8 + self.pages.len() * size_of::<Page>());
        for page in self.pages.iter_mut().flatten() {
            match &page.waiting {
                None => round.keep(page.bytes_held()),
                Some(waiting) if round.drops(&page.mark, page.bytes_held()) => {
                    *page = Page::new(page.used, Some(waiting.clone()));
                }
                Some(_) => {}
            }
        }
    }

    /// The pages that are found have new places. The bytes of others are not to be had any more.
    pub fn take_places(&mut self, find: &dyn Fn(Identity) -> Option<Bytes>, rows: &Rc<StoredRows>) {
        for page in self.pages.iter_mut().flatten() {
            match find(page.identity()) {
                Some(bytes) => {
                    let rows = rows.clone();
                    Rc::make_mut(page).waiting = Some(WaitingPage { bytes, rows });
                }
                None if page.waiting.is_some() => drop(Rc::make_mut(page).slots_mut()),
                None => {}
            }
        }
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
        let held = |(_, page): (u64, &Rc<Page>)| {
            let waiting = page.waiting.as_ref();
            page.bytes_held() + waiting.map_or(0, |waiting| waiting.bytes.range.len())
        };
        self.pages_from(0).map(held).sum::<usize>() + self.pages.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
