//! The engine's foundations as wasm, where they run for a user: in a dedicated worker.
#![cfg(target_arch = "wasm32")]

use driftdb::types::{Snapshot, Value};
use std::hint::black_box;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn global(name: &str) -> JsValue {
    js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str(name))
        .expect("the global object has properties")
}

#[wasm_bindgen_test]
fn runs_in_a_dedicated_worker() {
    assert!(global("DedicatedWorkerGlobalScope").is_function());
    assert!(global("document").is_undefined());
}

#[wasm_bindgen_test]
fn floats_order_as_on_any_machine() {
    let mut values = [f64::NAN, f64::INFINITY, 1.5, -0.0, 0.0, f64::NEG_INFINITY].map(Value::F64);
    values.sort();
    assert_eq!(values[0], Value::F64(f64::NEG_INFINITY));
    assert_eq!(values[1], values[2], "-0 equals 0");
    assert_eq!(
        values[5],
        Value::F64(-f64::NAN),
        "every NaN is the same and above all"
    );
}

#[wasm_bindgen_test]
fn a_snapshot_sees_half_open_lives() {
    use driftdb::types::Seq;
    let snapshot = Snapshot::main(Some(Seq(7)));
    assert!(snapshot.sees(Seq(7), Seq(8)));
    assert!(!snapshot.sees(Seq(3), Seq(7)));
    assert!(!snapshot.sees(Seq(8), Seq(9)));
}

/// What a recursive descent needs: three of the four MiB that the linker is asked for.
#[wasm_bindgen_test]
fn the_stack_holds_three_mebibytes() {
    fn descend(levels: u32) -> u32 {
        let frame = [levels as u8; 4096];
        let seen = u32::from(black_box(&frame)[4095] == levels as u8);
        if levels == 0 {
            0
        } else {
            descend(levels - 1) + seen
        }
    }
    assert_eq!(descend(3 * 256), 3 * 256);
}
