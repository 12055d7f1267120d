//! The codes of recordings.

groups! {
/// What is wrong with a recording: a trace or exported spans.
RecordedCode {
    Json "E_RECORDING_JSON" "A recording is not strict JSON.",
    Format "E_RECORDING_FORMAT" "A file is no recording of a format that the harness knows.",
    Bound "E_RECORDING_BOUND" "A recording nests deeper, or has a longer text, than the bound.",
    Empty "E_RECORDING_EMPTY" "A recording has no run, or a run has no event.",
    Unread "E_RECORDING_UNREAD" "The machine cannot read the recording.",
}
}
