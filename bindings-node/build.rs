//! Build settings that Node-API needs.

fn main() {
    napi_build::setup();
    // Node unloads an addon with the last worker thread that used it; threads of the runtime may
    // still run its code then. The library stays mapped instead.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
