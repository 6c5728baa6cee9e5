//! The allocator, which counts what it gives out and takes memory in large steps.

use crate::types::Heap;
use std::alloc::{GlobalAlloc, Layout, System};
use std::arch::wasm32::memory_size;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What the engine may take where the host does not say: a quarter of what WebAssembly can address is left for what one
/// step takes before it is asked again.
pub const HEAP_MAX: u64 = 3 << 30;

/// The memory grows by this part of itself, and by this many bytes at least.
const STEP_PART: usize = 8;
const STEP_MIN: usize = 256 << 10;

const PAGE: usize = 64 << 10;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static USED: AtomicUsize = AtomicUsize::new(0);

/// The pages of the memory when it last grew.
static PAGES: AtomicUsize = AtomicUsize::new(0);

/// Has the allocator hold a step more than what it just asked the host for. To a JavaScript engine a memory that grows is a
/// new buffer of its whole size, and after some of these it collects garbage.
#[cold]
#[allow(unsafe_code)]
fn grow() {
    let step = (memory_size(0) / STEP_PART * PAGE).max(STEP_MIN);
    if let Ok(layout) = Layout::from_size_align(step, 1) {
        // Safety: the layout is of the size that is given back.
        unsafe {
            let reserve = System.alloc(layout);
            if !reserve.is_null() {
                System.dealloc(reserve, layout);
            }
        }
    }
    PAGES.store(memory_size(0), Relaxed);
}

fn count(pointer: *mut u8, more: usize, less: usize) -> *mut u8 {
    if memory_size(0) != PAGES.load(Relaxed) {
        grow();
    }
    if !pointer.is_null() {
        USED.store(
            USED.load(Relaxed).wrapping_add(more).wrapping_sub(less),
            Relaxed,
        );
    }
    pointer
}

#[allow(unsafe_code)]
// Safety: everything is handed on as it is to the standard library's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(unsafe { System.alloc(layout) }, layout.size(), 0)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(pointer, 0, layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(unsafe { System.alloc_zeroed(layout) }, layout.size(), 0)
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let moved = unsafe { System.realloc(pointer, layout, size) };
        count(moved, size, layout.size())
    }
}

/// The memory of the instance.
pub struct Instance;

impl Heap for Instance {
    fn used(&self) -> u64 {
        USED.load(Relaxed) as u64
    }
}
