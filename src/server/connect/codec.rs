//! Messages as bodies: protobuf, or JSON by the proto3 mapping.

use http::{HeaderMap, HeaderValue};
use prost::Message;
use prost_reflect::{
    DeserializeOptions, DynamicMessage, Kind, MessageDescriptor, ReflectMessage as _, SerializeOptions, Value,
};
use serde_json::{Deserializer, Serializer};
use tonic::Status;

use super::media_type;
use crate::domain::error::{Error, Reason};
use crate::server::grpc::{NOT_A_MESSAGE, status};

/// A number that no enum of ours gives a name.
const NO_VALUE: i32 = i32::MIN;

/// How a body is written, in requests and answers alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Json,
    Proto,
}

impl Codec {
    /// The one the request names.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        match media_type::of(headers)?.as_str() {
            "application/json" => Some(Self::Json),
            "application/proto" => Some(Self::Proto),
            _ => None,
        }
    }

    pub(super) fn media_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json",
            Self::Proto => "application/proto",
        })
    }

    pub(super) fn decode<M: Message + Default>(self, descriptor: MessageDescriptor, bytes: &[u8]) -> Result<M, Error> {
        match self {
            Self::Proto => M::decode(bytes).ok(),
            Self::Json => from_json(descriptor, bytes)
                .map_err(|error| {
                    // Where, but not what: the parser's own words quote the request.
                    let (line, column) = (error.line(), error.column());
                    let message = format!("{NOT_A_MESSAGE}: it is wrong at line {line}, column {column}");
                    Error::new(Reason::MalformedRequest, message)
                })?
                .transcode_to()
                .ok(),
        }
        .ok_or_else(|| Error::new(Reason::MalformedRequest, NOT_A_MESSAGE))
    }

    pub(super) fn encode(self, descriptor: MessageDescriptor, message: &impl Message) -> Result<Vec<u8>, Status> {
        match self {
            Self::Proto => Ok(message.encode_to_vec()),
            Self::Json => to_json(descriptor, message)
                .ok_or_else(|| status(Error::new(Reason::Internal, "the answer cannot be shown as JSON"))),
        }
    }
}

/// Reads a message, passing over fields that it does not have, as protobuf does: a client may be newer than the server.
fn from_json(descriptor: MessageDescriptor, bytes: &[u8]) -> serde_json::Result<DynamicMessage> {
    // Nearly all requests pass the strict reading.
    if let Ok(message) = parse(descriptor.clone(), bytes, true) {
        return Ok(message);
    }
    let mut message = parse(descriptor, bytes, false)?;
    refuse_unknown_names(&mut message, &serde_json::from_slice(bytes)?);
    Ok(message)
}

fn parse(descriptor: MessageDescriptor, bytes: &[u8], strict: bool) -> serde_json::Result<DynamicMessage> {
    let mut json = Deserializer::from_slice(bytes);
    let options = DeserializeOptions::new().deny_unknown_fields(strict);
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut json, &options)?;
    json.end()?;
    Ok(message)
}

/// Turns enum names that nobody knows into a number that nobody knows. Reading leaves them out together with the unknown fields,
/// which would take a wrong intent for none; so the request's own checks refuse it.
fn refuse_unknown_names(message: &mut DynamicMessage, json: &serde_json::Value) {
    for field in message.descriptor().fields() {
        let Kind::Enum(names) = field.kind() else { continue };
        let values = [field.json_name(), field.name()].map(|name| json.get(name).and_then(serde_json::Value::as_str));
        if values.into_iter().flatten().any(|name| names.get_value_by_name(name).is_none()) {
            message.set_field(&field, Value::EnumNumber(NO_VALUE));
        }
    }
}

fn to_json(descriptor: MessageDescriptor, message: &impl Message) -> Option<Vec<u8>> {
    let mut dynamic = DynamicMessage::new(descriptor);
    dynamic.transcode_from(message).ok()?;
    let mut bytes = Vec::new();
    // Defaults are told, so that whoever reads `false` or `""` need not know of them.
    let options = SerializeOptions::new().skip_default_fields(false);
    dynamic.serialize_with_options(&mut Serializer::new(&mut bytes), &options).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
