//! Compiles the protobuf contract: messages, server and client code, and the descriptors that reflection serves.

use std::{env, error::Error, fs, path::PathBuf};

const INCLUDE: &str = "proto";
const FILES: [&str; 2] =
    ["sessionresumption/v1/session_resumption.proto", "sessionresumption/v1/session_registry.proto"];

#[expect(clippy::disallowed_methods, reason = "Cargo hands a build script its parameters in the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={INCLUDE}");
    println!("cargo::rerun-if-changed=build.rs");

    // protox compiles in process, so that building needs no protoc.
    let mut compiler = protox::Compiler::new([INCLUDE])?;
    compiler.include_source_info(true).include_imports(true).open_files(FILES)?;

    // These bytes come from protox itself: a round trip through prost's types would lose custom options.
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("descriptor.bin"), compiler.encode_file_descriptor_set())?;

    tonic_prost_build::configure().compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
