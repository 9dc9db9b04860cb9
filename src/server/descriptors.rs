//! The contract as data: what reflection and the JSON mapping go by.

use std::sync::LazyLock;

use prost_reflect::{DescriptorError, DescriptorPool, MessageDescriptor, MethodDescriptor};

use crate::pb::FILE_DESCRIPTOR_SET;

/// The descriptors do not decode or lack something: a broken build.
#[derive(Debug, thiserror::Error)]
#[error("the embedded descriptors cannot be served: {0}")]
pub struct BrokenDescriptors(pub(super) String);

/// Our messages and those of error details.
static POOL: LazyLock<Result<DescriptorPool, DescriptorError>> = LazyLock::new(|| {
    let mut pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET)?;
    pool.decode_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)?;
    Ok(pool)
});

/// All of them.
pub(super) fn pool() -> Result<&'static DescriptorPool, BrokenDescriptors> {
    POOL.as_ref().map_err(|error| BrokenDescriptors(error.to_string()))
}

/// A method of a service.
pub(super) fn method(service: &str, name: &str) -> Result<MethodDescriptor, BrokenDescriptors> {
    let service = pool()?.get_service_by_name(service);
    let method = service.and_then(|service| service.methods().find(|method| method.name() == name));
    method.ok_or_else(|| BrokenDescriptors(format!("no method {name}")))
}

/// A message by its full name.
pub(super) fn message(full_name: &str) -> Option<MessageDescriptor> {
    POOL.as_ref().ok()?.get_message_by_name(full_name)
}
