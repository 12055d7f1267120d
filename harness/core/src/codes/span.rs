//! The codes of exported spans.

groups! {
/// What is wrong with exported spans.
SpanCode {
    Attributes "E_SPAN_ATTRIBUTES" "The attributes of a span or of what belongs to it are not of the format's types.",
    KeyMissing "E_SPAN_KEY_MISSING" "A span of the platform lacks required attributes.",
    KeyType "E_SPAN_KEY_TYPE" "A required attribute is not a string.",
    KeyBlank "E_SPAN_KEY_BLANK" "A required attribute is empty or white space.",
    KeyTwice "E_SPAN_KEY_TWICE" "A required attribute is there twice with different values.",
    PackVersion "E_SPAN_PACK_VERSION" "The pack's version is not a semantic version.",
    Tenant "E_SPAN_TENANT" "Two spans of a trace are of different tenants.",
    Team "E_SPAN_TEAM" "Two spans of a trace are of different teams of a tenant.",
    User "E_SPAN_USER" "Two spans of a trace are of different users of a tenant.",
    TenantBlank "E_SPAN_TENANT_BLANK" "The tenant, the team or the user of a span is empty or white space.",
    TenantDefault "E_SPAN_TENANT_DEFAULT" "The tenant, the team or the user of a span is the default of a local run.",
    Secret "E_SPAN_SECRET" "A span contains a value that is to stay secret.",
    Credential "E_SPAN_CREDENTIAL" "A span contains what looks like a credential.",
    Email "E_SPAN_EMAIL" "A span contains an e-mail address, or a URL with the name of a user.",
    Phone "E_SPAN_PHONE" "A span contains a phone number.",
    Shape "E_SPAN_SHAPE" "A member of the export is not of the format's type.",
    Id "E_SPAN_ID" "The id of a trace or of a span is missing, not hexadecimal, of the wrong length or all zero.",
    IdTwice "E_SPAN_ID_TWICE" "Two spans of a trace have the same id.",
    Roots "E_SPAN_ROOTS" "A trace has several spans without a parent.",
    Orphan "E_SPAN_ORPHAN" "The recording does not have the parent of a span.",
    Cycle "E_SPAN_CYCLE" "A span is its own ancestor.",
    Time "E_SPAN_TIME" "The start or the end of a span is missing or not a time.",
    TimeOrder "E_SPAN_TIME_ORDER" "A span ends before it starts.",
    BeforeParent "E_SPAN_BEFORE_PARENT" "A span starts before its parent.",
    AfterParent "E_SPAN_AFTER_PARENT" "A span starts or ends after the end of its parent.",
    Convention "E_SPAN_CONVENTION" "A span departs from the conventions of OpenTelemetry.",
}
}
