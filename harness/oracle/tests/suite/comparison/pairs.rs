//! Pairs of packs with one difference in their questions, plans or schemas.

use super::{Parts, Row, compared, require_rows, rules};
use serde_json::json;

const YAML: &str = "assets/setup.yaml";

pub(super) const QUESTIONS: [Row; 31] = [
    ("form drops an optional question", "question.removed", |p| {
        p.replace(YAML, "  - name: port\n    title: Port\n    kind: integer\n    required: false\n    default: 80\n", "");
    }),
    ("form asks an optional question", "question.added", |p| {
        p.replace(
            YAML,
            "questions:\n",
            "questions:\n  - name: more\n    kind: string\n",
        );
    }),
    (
        "form requires a new answer",
        "question.added-required",
        |p| {
            p.replace(
                YAML,
                "questions:\n",
                "questions:\n  - name: more\n    kind: string\n    required: true\n",
            );
        },
    ),
    (
        "form requires a new answer and has a default",
        "question.added",
        |p| {
            p.replace(YAML, "questions:\n", "questions:\n  - name: more\n    kind: string\n    required: true\n    default: x\n");
        },
    ),
    ("form makes an answer optional", "question.optional", |p| {
        p.replace(YAML, "required: true", "required: false");
    }),
    ("form takes another type", "question.type-changed", |p| {
        p.replace(
            YAML,
            "    title: Room\n    kind: string",
            "    title: Room\n    kind: boolean",
        );
    }),
    ("form shows another title", "question.label-changed", |p| {
        p.replace(YAML, "title: Port", "title: The port");
    }),
    ("wizard drops a question", "question.removed", |p| {
        p.wizard["questions"].as_array_mut().expect("a list").pop();
    }),
    ("wizard asks one more", "question.added", |p| {
        let more = json!({ "id": "more", "title": "More", "kind": "text" });
        p.wizard["questions"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    }),
    ("wizard requires one more", "question.added-required", |p| {
        let more = json!({ "id": "more", "title": "More", "kind": "text", "required": true });
        p.wizard["questions"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    }),
    (
        "wizard renames a question with its title",
        "question.renamed",
        |p| {
            p.question(0)["id"] = json!("label");
        },
    ),
    (
        "wizard renames a question in its place",
        "question.renamed",
        |p| {
            *p.question(2) =
                json!({ "id": "most", "title": "Most", "kind": "integer", "min": 1, "max": 9 });
            p.question(2)["title"] = json!("Limit");
        },
    ),
    ("wizard requires an answer", "question.required", |p| {
        p.question(2)["required"] = json!(true);
    }),
    ("wizard requires no answer", "question.optional", |p| {
        p.question(0)["required"] = json!(false);
    }),
    ("required answer gets a default", "question.optional", |p| {
        p.question(0)["default"] = json!("n");
    }),
    (
        "whole number becomes any number",
        "question.type-widened",
        |p| {
            p.question(2)["kind"] = json!("number");
        },
    ),
    ("text becomes a URL", "question.type-narrowed", |p| {
        p.question(0)["kind"] = json!("url");
    }),
    ("text becomes a truth value", "question.type-changed", |p| {
        p.question(0)["kind"] = json!("bool");
    }),
    ("choice is dropped", "question.choices-narrowed", |p| {
        p.question(1)["options"] = json!(["eu"]);
    }),
    ("choice is added", "question.choices-widened", |p| {
        p.question(1)["options"] = json!(["us", "eu", "asia"]);
    }),
    ("maximum falls", "question.bounds-narrowed", |p| {
        p.question(2)["max"] = json!(8);
    }),
    ("minimum disappears", "question.bounds-widened", |p| {
        p.question(2)
            .as_object_mut()
            .expect("an object")
            .remove("min");
    }),
    ("pattern appears", "question.pattern-added", |p| {
        p.question(0)["pattern"] = json!("^x");
    }),
    ("pattern disappears", "question.pattern-removed", |p| {
        p.question(3)
            .as_object_mut()
            .expect("an object")
            .remove("pattern");
    }),
    ("pattern changes", "question.pattern-changed", |p| {
        p.question(3)["pattern"] = json!("^[a-z]{2,9}$");
    }),
    ("secret becomes plain", "question.secret-made-plain", |p| {
        p.question(4)["secret"] = json!(false);
    }),
    (
        "plain answer becomes a secret",
        "question.plain-made-secret",
        |p| {
            p.question(3)["secret"] = json!(true);
        },
    ),
    ("default changes", "question.default-changed", |p| {
        p.question(1)["default"] = json!("us");
    }),
    (
        "question depends on another answer",
        "question.condition-changed",
        |p| {
            p.question(2)["visible_if"] = json!({ "field": "region", "eq": "eu" });
        },
    ),
    ("title changes", "question.label-changed", |p| {
        p.question(1)["title"] = json!("Where");
    }),
    ("help changes", "question.help-changed", |p| {
        p.question(4)["help"] = json!("Read this");
    }),
];

#[test]
fn each_change_of_a_question_follows_its_rule() {
    require_rows(&Parts::base(), &QUESTIONS);
}

const PLANS: [Row; 22] = [
    ("secret is config as well", "plan.secret-added", |p| {
        p.plan()["config_patch"]["SPARE"] = json!("s");
        p.plan()["secrets_patch"]["set"]["SPARE"] = json!("<redacted>");
    }),
    ("config key is dropped", "plan.config-removed", |p| {
        p.plan()["config_patch"] = json!({ "room": "r" });
    }),
    ("config key is added", "plan.config-added", |p| {
        p.plan()["config_patch"]["more"] = json!(true);
    }),
    ("config key has another name", "plan.config-renamed", |p| {
        p.plan()["config_patch"] = json!({ "room": "r", "width": 3 });
    }),
    (
        "config value has another type",
        "plan.config-type-changed",
        |p| {
            p.plan()["config_patch"]["size"] = json!("3");
        },
    ),
    ("config value changes", "plan.config-value-changed", |p| {
        p.plan()["config_patch"]["size"] = json!(4);
    }),
    ("secret is not set", "plan.secret-removed", |p| {
        p.plan()["secrets_patch"]["set"] = json!({});
    }),
    ("secret is set", "plan.secret-added", |p| {
        p.plan()["secrets_patch"]["set"]["SPARE"] = json!("<redacted>");
    }),
    ("secret has another name", "plan.secret-renamed", |p| {
        p.plan()["secrets_patch"]["set"] = json!({ "KEY": "<redacted>" });
    }),
    ("secret is deleted", "plan.secret-deleted", |p| {
        p.plan()["secrets_patch"]["delete"] = json!(["OLD"]);
    }),
    ("webhook is dropped", "plan.webhook-removed", |p| {
        p.plan()["webhook_ops"] = json!([]);
    }),
    ("webhook is added", "plan.webhook-added", |p| {
        let more =
            json!({ "op": "register", "id": "more", "url": "https://conformance.invalid/more" });
        p.plan()["webhook_ops"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    }),
    (
        "webhook has another path",
        "plan.webhook-url-changed",
        |p| {
            p.plan()["webhook_ops"][0]["url"] = json!("https://conformance.invalid/v2/hook");
        },
    ),
    (
        "webhook has another method",
        "plan.webhook-method-changed",
        |p| {
            p.plan()["webhook_ops"][0]["metadata"]["method"] = json!("PUT");
        },
    ),
    (
        "webhook has other details",
        "plan.webhook-details-changed",
        |p| {
            p.plan()["webhook_ops"][0]["metadata"]["events"] = json!(["a", "b"]);
        },
    ),
    (
        "subscription is dropped",
        "plan.subscription-removed",
        |p| {
            p.plan()["subscription_ops"] = json!([]);
        },
    ),
    ("subscription is added", "plan.subscription-added", |p| {
        let more = json!({ "op": "create", "id": "more" });
        p.plan()["subscription_ops"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    }),
    (
        "subscription has other details",
        "plan.subscription-details-changed",
        |p| {
            p.plan()["subscription_ops"][0]["metadata"] = json!({ "topic": "x" });
        },
    ),
    ("authorisation is added", "plan.oauth-added", |p| {
        let more = json!({ "op": "start", "provider": "other" });
        p.plan()["oauth_ops"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    }),
    (
        "authorisation redirects elsewhere",
        "plan.oauth-redirect-changed",
        |p| {
            p.plan()["oauth_ops"][0]["redirect_url"] = json!("https://conformance.invalid/other");
        },
    ),
    (
        "authorisation refreshes",
        "plan.oauth-details-changed",
        |p| {
            p.plan()["oauth_ops"][0]["op"] = json!("refresh");
        },
    ),
    ("note changes", "plan.notes-changed", |p| {
        p.plan()["notes"] = json!(["ready"]);
    }),
];

#[test]
fn each_change_of_a_plan_follows_its_rule() {
    require_rows(&Parts::base(), &PLANS);
}

const SCHEMAS: [Row; 20] = [
    ("property is dropped", "schema.property-removed", |p| {
        p.schema(|s| {
            drop(
                s["properties"]
                    .as_object_mut()
                    .expect("an object")
                    .remove("mode"),
            )
        });
    }),
    ("property is added", "schema.property-added", |p| {
        p.schema(|s| s["properties"]["more"] = json!({ "type": "string" }));
    }),
    (
        "required property is added",
        "schema.property-added-required",
        |p| {
            p.schema(|s| {
                s["properties"]["more"] = json!({ "type": "string" });
                s["required"] = json!(["room", "more"]);
            });
        },
    ),
    ("property is required", "schema.required", |p| {
        p.schema(|s| s["required"] = json!(["room", "mode"]));
    }),
    ("property is optional", "schema.optional", |p| {
        p.schema(|s| s["required"] = json!([]));
    }),
    ("type changes", "schema.type-changed", |p| {
        p.schema(|s| s["properties"]["size"]["type"] = json!("string"));
    }),
    ("type widens", "schema.type-widened", |p| {
        p.schema(|s| s["properties"]["size"]["type"] = json!("number"));
    }),
    ("null is allowed", "schema.type-widened", |p| {
        p.schema(|s| s["properties"]["size"]["type"] = json!(["integer", "null"]));
    }),
    ("format appears", "schema.format-changed", |p| {
        p.schema(|s| s["properties"]["room"]["format"] = json!("email"));
    }),
    ("value is dropped", "schema.enum-narrowed", |p| {
        p.schema(|s| s["properties"]["mode"]["enum"] = json!(["a"]));
    }),
    ("value is added", "schema.enum-widened", |p| {
        p.schema(|s| s["properties"]["mode"]["enum"] = json!(["b", "a", "c"]));
    }),
    ("longest text falls", "schema.bounds-narrowed", |p| {
        p.schema(|s| s["properties"]["room"]["maxLength"] = json!(9));
    }),
    ("least number appears", "schema.bounds-narrowed", |p| {
        p.schema(|s| s["properties"]["size"]["minimum"] = json!(0));
    }),
    ("pattern appears", "schema.pattern-added", |p| {
        p.schema(|s| s["properties"]["spare"]["pattern"] = json!("^x"));
    }),
    ("schema is closed", "schema.closed", |p| {
        p.schema(|s| s["additionalProperties"] = json!(false));
    }),
    ("secret becomes plain", "schema.secret-made-plain", |p| {
        p.schema(|s| s["properties"]["spare"] = json!({ "type": "string" }));
    }),
    ("default appears", "schema.default-changed", |p| {
        p.schema(|s| s["properties"]["mode"]["default"] = json!("a"));
    }),
    ("description appears", "schema.text-changed", |p| {
        p.schema(|s| s["description"] = json!("The config."));
    }),
    ("schema is dropped", "schema.removed", |p| {
        p.files.remove("schemas/p/config.schema.json");
    }),
    ("nested property is required", "schema.required", |p| {
        p.schema(|s| s["properties"]["size"]["required"] = json!(["x"]));
    }),
];

#[test]
fn each_change_of_a_schema_follows_its_rule() {
    require_rows(&Parts::base(), &SCHEMAS);
}

#[test]
fn new_schema_that_refuses_the_old_config_breaks() {
    let (mut without, mut with) = (Parts::base(), Parts::base());
    without.files.remove("schemas/p/config.schema.json");
    let schema = json!({ "type": "object", "properties": { "size": { "type": "string" } } });
    with.write("schemas/p/config.schema.json", schema.to_string());
    let there = compared(&without, &with);
    assert_eq!(rules(&there), ["schema.config-refused"]);
    assert!(
        there.changes[0]
            .new
            .as_deref()
            .is_some_and(|why| why.starts_with("/size"))
    );
    assert_eq!(rules(&compared(&with, &without)), ["schema.removed"]);
}

#[test]
fn schema_keyword_that_is_not_compared_is_said_so() {
    let mut new = Parts::base();
    new.schema(|s| s["not"] = json!({ "required": ["none"] }));
    let there = compared(&Parts::base(), &new);
    assert_eq!(rules(&there), [""; 0]);
    let [part] = &there.not_compared[..] else {
        panic!("{there:#?}");
    };
    assert!(part.what.contains("keyword `not`"), "{part:?}");
}
