//! Where a row stands in its partition.

use std::ops::Range;

/// A row, its partition and its peers.
pub struct Place<'a> {
    pub row: usize,
    pub partition: Range<usize>,
    /// The partition's groups, by number.
    pub partition_groups: Range<usize>,
    /// The number of the row's own group.
    pub group: usize,
    /// The first row of each group of the input, and the end of the last.
    pub starts: &'a [u32],
}

impl Place<'_> {
    /// The rows of a group.
    pub fn group_rows(&self, group: usize) -> Range<usize> {
        self.starts[group] as usize..self.starts[group + 1] as usize
    }

    /// The row and its peers.
    pub fn peers(&self) -> Range<usize> {
        self.group_rows(self.group)
    }

    /// How many rows of the partition come before the row.
    pub fn index(&self) -> usize {
        self.row - self.partition.start
    }
}

/// The partitions and groups of rows that come in order.
#[derive(Default)]
pub struct Boundaries {
    /// The first row of each partition and the number of its first group.
    partitions: Vec<(u32, u32)>,
    groups: Vec<u32>,
}

impl Boundaries {
    /// The next row begins a group, perhaps of a new partition.
    pub fn begin_group(&mut self, row: u32, new_partition: bool) {
        if new_partition {
            self.partitions.push((row, self.groups.len() as u32));
        }
        self.groups.push(row);
    }

    /// There are no more rows than this.
    pub fn end(&mut self, rows: u32) {
        self.begin_group(rows, true);
    }

    /// The place of a row in a partition and a group, both by their numbers.
    pub fn place(&self, row: usize, partition: usize, group: usize) -> Place<'_> {
        let ((start, first), (end, last)) =
            (self.partitions[partition], self.partitions[partition + 1]);
        Place {
            row,
            partition: start as usize..end as usize,
            partition_groups: first as usize..last as usize,
            group,
            starts: &self.groups,
        }
    }
}
