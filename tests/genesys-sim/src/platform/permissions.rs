//! Which permissions a platform call needs, and how it is refused without them.

use axum::http::StatusCode;

use crate::{Route, answer::Answer, refusal::Refusal, world::World};

/// The permissions of which any one suffices; no call is free to nobody, some are free to all.
fn needed(route: Route) -> &'static [&'static str] {
    match route {
        // No permission is documented for it; this one it takes in practice.
        Route::PlatformRead => &["conversation:webmessaging:view"],
        Route::PlatformConversationRead => &["conversation:communication:view"],
        Route::PlatformMessageDetails | Route::PlatformMessageRead | Route::PlatformMessagesBulk => {
            &["conversation:message:view", "conversation:webmessaging:view"]
        }
        Route::PlatformCommunicationMessage => &["conversation:message:create", "conversation:webmessaging:create"],
        Route::PlatformAgentless => &["conversation:message:create"],
        Route::PlatformCustomAttributesList | Route::PlatformCustomAttributesRead => {
            &["conversation:customAttributes:view"]
        }
        Route::PlatformCustomAttributesPut | Route::PlatformCustomAttributesPatch => {
            &["conversation:customAttributes:edit"]
        }
        Route::PlatformMessageConversationPatch => {
            &["conversation:communication:disconnect", "conversation:message:park"]
        }
        Route::PlatformParticipantPatch => {
            &["conversation:participant:wrapup", "conversation:call:record", "conversation:communication:disconnect"]
        }
        Route::PlatformDisconnect | Route::PlatformConversationDelete => &["conversation:communication:disconnect"],
        Route::PlatformThreadingTimeline => &["conversation:threadingTimeline:view"],
        _ => &[],
    }
}

/// Refuses a call for which the client's roles lack every permission that would do.
pub(crate) fn check(world: &World, route: Route) -> Result<(), Refusal> {
    let missing = &world.options.missing_permissions;
    let needed = needed(route);
    if needed.is_empty() || needed.iter().any(|permission| missing.iter().all(|missing| missing != permission)) {
        return Ok(());
    }
    let (code, text, permissions) = match needed {
        [permission] => {
            ("missing.permissions", "You are missing the following permission(s): ", (*permission).to_owned())
        }
        any => (
            "missing.any.permissions",
            "You must have at least one of the following permissions assigned: ",
            format!("[{}]", any.join(", ")),
        ),
    };
    let message = format!("Unable to perform the requested action. {text}");
    let answer = Answer::error(StatusCode::FORBIDDEN, format!("{message}{permissions}"));
    Err(Refusal::regular(answer.coded(code).with_params(
        format!("{message}{{permissions}}"),
        "permissions",
        permissions,
    )))
}
