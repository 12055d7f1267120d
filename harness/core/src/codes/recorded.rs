//! The codes of recordings.

groups! {
/// What is wrong with a recording: a trace or exported spans.
RecordedCode {
    Json "E_RECORDING_JSON" "A recording is not strict JSON.",
    Format "E_RECORDING_FORMAT" "A file is no recording of a format that the harness knows.",
    Bound "E_RECORDING_BOUND" "A recording nests deeper, has a longer text or has more spans than the bound.",
    Empty "E_RECORDING_EMPTY" "A recording has no run and no span, or a run has no event.",
    Unread "E_RECORDING_UNREAD" "The machine cannot read the recording.",
    Shape "E_RECORDING_SHAPE" "A recording lacks a member, or a member has the wrong type.",
    Tenant "E_RECORDING_TENANT" "An event or a session of one tenant is also another tenant's, or a run names no tenant.",
    Order "E_RECORDING_ORDER" "The number of an event is not one more than that of the event before it.",
    State "E_RECORDING_STATE" "A run writes no state, or has no snapshot that says who wrote how much.",
    Repeated "E_RECORDING_REPEATED" "A state write has no id, or that of another write of the case.",
    Pack "E_RECORDING_PACK" "A trace states a digest that is not that of its pack.",
    Flow "E_RECORDING_FLOW" "A trace names a flow, or a version of it, that its pack does not have.",
    Node "E_RECORDING_NODE" "A step of a trace is not what a node of its pack names.",
    Hash "E_RECORDING_HASH" "A hash of a step is of an unknown algorithm or malformed.",
    Input "E_RECORDING_INPUT" "The recorded input of a step is not the one whose hash, component or operation the step states.",
    Fault "E_RECORDING_FAULT" "The outcome of a fault case is not the expected one, or no outcome can be.",
    Output "E_RECORDING_OUTPUT" "A recorded step that is run again answers something else.",
}
}
