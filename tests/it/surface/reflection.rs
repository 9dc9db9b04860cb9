//! Reflection: whoever reaches the service can read its contract, with every comment.

use futures_util::stream;
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tonic::Code;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::support::Harness;
use crate::support::wire::{VALIDATE, Wire};

async fn ask(harness: &Harness, question: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut client = ServerReflectionClient::new(harness.channel.clone());
    let mut answers = client.server_reflection_info(stream::iter([request])).await.unwrap().into_inner();
    answers.message().await.unwrap().unwrap().message_response.unwrap()
}

fn file(answer: MessageResponse) -> FileDescriptorProto {
    let MessageResponse::FileDescriptorResponse(files) = answer else { panic!("{answer:?}") };
    FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap()
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    let harness = Harness::start().await;
    let answer = ask(&harness, MessageRequest::ListServices(String::new())).await;
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    let expected = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "sessionresumption.v1.SessionRegistry",
        "sessionresumption.v1.SessionResumption",
    ];
    assert_eq!(names, expected);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn reflection_serves_the_contract_with_its_comments() {
    let harness = Harness::start().await;
    let by_name = MessageRequest::FileByFilename("sessionresumption/v1/session_resumption.proto".into());
    let contract = file(ask(&harness, by_name).await);
    for symbol in [
        "sessionresumption.v1.SessionResumption",
        "sessionresumption.v1.SessionResumption.ConfirmReattach",
        "sessionresumption.v1.ErrorCatalog.Reason",
    ] {
        let found = file(ask(&harness, MessageRequest::FileContainingSymbol(symbol.into())).await);
        assert_eq!(found, contract, "{symbol}");
    }
    assert_eq!((contract.package(), contract.service[0].method.len()), ("sessionresumption.v1", 3));
    let comments = &contract.source_code_info.as_ref().unwrap().location;
    let comment = |path: &[i32]| {
        comments.iter().find(|location| location.path == path).map_or("", |location| location.leading_comments())
    };
    assert!(comment(&[6, 0]).contains("exactly once"), "the service is explained");
    let index = |index: usize| i32::try_from(index).unwrap();
    for (at, message) in contract.message_type.iter().enumerate() {
        assert!(!comment(&[4, index(at)]).trim().is_empty(), "{}", message.name());
        for (field_at, field) in message.field.iter().enumerate() {
            let path = [4, index(at), 2, index(field_at)];
            assert!(!comment(&path).trim().is_empty(), "{}.{}", message.name(), field.name());
        }
    }
    // What it imports can be read as well.
    for import in &contract.dependency {
        assert_eq!(file(ask(&harness, MessageRequest::FileByFilename(import.clone())).await).name(), import);
    }
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_symbol_nobody_knows_is_not_found() {
    let harness = Harness::start().await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol("sessionresumption.v1.Nothing".into())),
    };
    let mut client = ServerReflectionClient::new(harness.channel.clone());
    let answered = client.server_reflection_info(stream::iter([request])).await;
    let answer = match answered {
        Ok(mut answers) => answers.get_mut().message().await,
        Err(status) => Err(status),
    };
    let code = match answer {
        Err(status) => status.code(),
        Ok(Some(answer)) => match answer.message_response {
            Some(MessageResponse::ErrorResponse(error)) => Code::from(error.error_code),
            other => panic!("{other:?}"),
        },
        Ok(None) => panic!("no answer"),
    };
    assert_eq!(code, Code::NotFound);
    harness.stop().await.unwrap();
}

#[tokio::test]
async fn a_method_nobody_knows_is_unimplemented() {
    let harness = Harness::start().await;
    let wire = Wire::to(&harness);
    for method in ["Nothing", "validatesession", "ValidateSession/", ""] {
        let status = wire.send(method, None, Vec::new()).await;
        assert_eq!(status.code(), Code::Unimplemented, "{method:?}: {status:?}");
    }
    let status = wire.send(VALIDATE, None, crate::support::wire::frame(&[])).await;
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    harness.stop().await.unwrap();
}
