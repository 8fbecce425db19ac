//! How often one verification asks the allocator, and from where.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use backtrace::Backtrace;
use serde_json::json;

use crate::ours::Ours;
use crate::rounds::print;
use crate::work::Work;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(false) };
    static RECORDED: RefCell<Vec<(usize, Backtrace)>> = const { RefCell::new(Vec::new()) };
}

// SAFETY: every call is handed on, unchanged, to the system's allocator, which keeps the promises of the trait; what is
// recorded beside it happens with recording switched off, so that it cannot call itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        record(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from the system's allocator with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        record(new_size);
        // SAFETY: `pointer` came from the system's allocator with this layout.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

fn record(size: usize) {
    if RECORDING.try_with(|recording| recording.replace(false)).unwrap_or(false) {
        let backtrace = Backtrace::new_unresolved();
        RECORDED.with_borrow_mut(|recorded| recorded.push((size, backtrace)));
        RECORDING.set(true);
    }
}

/// Prints, for one verification with warm caches, the allocations by the line of the crate that asked.
pub(crate) fn run(group: &str, work: &Work, alg: &str) {
    let ours = Ours::new(work, &work.jwks);
    ours.verify(&work.id_tokens[alg], &work.nonce);
    RECORDING.set(true);
    ours.verify(&work.id_tokens[alg], &work.nonce);
    RECORDING.set(false);

    let recorded = RECORDED.take();
    let count = recorded.len();
    let mut sites: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (size, mut backtrace) in recorded {
        backtrace.resolve();
        let (calls, bytes) = sites.entry(site(&backtrace)).or_default();
        *calls += 1;
        *bytes += size;
    }
    let sites: Vec<_> = sites
        .into_iter()
        .map(|(site, (calls, bytes))| json!({ "site": site, "calls": calls, "bytes": bytes }))
        .collect();
    print(json!({ "group": group, "row": alg, "allocations": count, "sites": sites }));
}

/// The innermost function of the crate on the way to the allocation, with its line; else the innermost of this one.
fn site(backtrace: &Backtrace) -> String {
    let symbols = || backtrace.frames().iter().flat_map(|frame| frame.symbols());
    let of = |part: &str| {
        symbols().find_map(|symbol| {
            let file = symbol.filename()?.to_str().filter(|file| !file.contains("/library/"))?;
            let (_, file) = file.rsplit_once(part)?;
            let name = format!("{:#}", symbol.name()?);
            Some(format!("{}:{} {name}", file, symbol.lineno()?))
        })
    };
    of("/core/src/")
        .or_else(|| of("/compare/rust/src/ours.rs").map(|site| format!("the caller {site}")))
        .unwrap_or_else(|| "elsewhere".into())
}
