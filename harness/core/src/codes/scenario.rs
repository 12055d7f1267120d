//! The codes of scenarios, and of the capabilities of a simulator.

groups! {
/// What is wrong with the scenarios of a pack, or with what it says of a simulator.
ScenarioCode {
    Json "E_SCENARIO_JSON" "A file of a scenario is not strict JSON.",
    Shape "E_SCENARIO_SHAPE" "The list of scenarios, or a file of a scenario, lacks a member or has one of another type.",
    Bound "E_SCENARIO_BOUND" "There are more scenarios, steps or bytes of scenarios than the bound.",
    Id "E_SCENARIO_ID" "The manifest, the entry and the golden of a scenario disagree on its id.",
    Empty "E_SCENARIO_EMPTY" "The manifest lists no scenario although it has the list, or a scenario has no step.",
    Actor "E_SCENARIO_ACTOR" "The actor or the kind of a step is not one that scenarios have.",
    Unanswered "E_SCENARIO_UNANSWERED" "No user answers a question of a scenario.",
    Answer "E_SCENARIO_ANSWER" "The answer to a question of a scenario is none of its options.",
    Transcript "E_TRANSCRIPT" "The golden transcript differs from the rendered steps of its scenario.",
    Report "E_RENDER_REPORT" "The render report differs from the rendered scenarios.",
    Capabilities "E_CAPABILITIES_UNREADABLE" "The file that compares a simulator with its reference cannot be read, or lacks a member.",
    Provider "E_CAPABILITIES_PROVIDER" "The file names a provider as reference or simulator whose capabilities it does not list.",
    Twice "E_CAPABILITY_TWICE" "A capability is listed twice, or has two downgrades.",
    Lacking "E_CAPABILITY_LACKING" "The simulator lacks a capability of the reference, and no downgrade says why.",
    Downgrade "E_DOWNGRADE" "A downgrade is for a capability that the reference lacks or that the simulator has.",
    Reason "E_DOWNGRADE_REASON" "A downgrade states no reason.",
}
}
