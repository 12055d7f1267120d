//! [`Wizard`]: a sound wizard as data, in as many variants as there are seeds.

use super::form::{Asked, Form, Role};
use super::guest_language::{Act, Out, Part, Rule, Step, Test, base, refusal};
use provision_core::rng::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What drives the steps of a wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One core module for all steps.
    Module,
    /// A core module for each step.
    Modules,
    /// One component for all steps.
    Component,
}

/// A pack with a setup, an update and a remove wizard.
#[derive(Debug, Clone)]
pub struct Wizard {
    /// The pack's id.
    pub id: String,
    /// The questions of setup.
    pub questions: Vec<Asked>,
    /// How they are asked.
    pub form: Form,
    /// What drives the steps.
    pub shape: Shape,
    /// Whether the pack ships the answers of its setup.
    pub fixture: bool,
    /// Whether the pack ships a schema of its config.
    pub schema: bool,
    /// Whether that schema requires what has a default.
    pub required_by_schema: bool,
    /// What `collect` does instead of asking.
    pub collect: Vec<Rule>,
    /// Refuses answers that the form forbids.
    pub validate: Step,
    /// What setup plans, by member of the plan.
    pub plan: Plan,
    /// What `apply` does instead of planning.
    pub apply: Vec<Rule>,
    /// What setup says at its end.
    pub summary: Out,
    /// What an update plans.
    pub update: Value,
    /// Whether the remove wizard leaves the webhook.
    pub leaves: bool,
    /// Ids that operations of the plan have: webhook, subscription, OAuth provider.
    pub operations: [String; 3],
    /// Whether the pack lists the secrets that it sets.
    pub declared: bool,
    /// Further files of the pack.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// The members of a plan, each as data that a defect can replace.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Members of the config.
    pub config: Vec<(String, Test, Out)>,
    /// Keys of the secrets that setup sets.
    pub secrets: Vec<String>,
    /// The URL of the webhook, in parts.
    pub webhook: Vec<Part>,
    /// The verb of the webhook.
    pub verb: String,
    /// The URL to which subscriptions notify.
    pub notification: Vec<Part>,
    /// The URL to which an OAuth flow redirects.
    pub redirect: Vec<Part>,
    /// Notes, each with its test.
    pub notes: Vec<(Test, Out)>,
}

const NAMES: [&str; 6] = [
    "harbour", "lantern", "meadow", "orchard", "pebble", "thicket",
];
const HOOKS: [&str; 4] = ["inbox", "updates", "incoming", "events"];
const PROVIDERS: [&str; 3] = ["northwind", "fabrikam", "tailspin"];

impl Wizard {
    /// The sound wizard of `seed`. It asks for these roles, and for a few of the others.
    #[must_use]
    pub fn sound(seed: u64, roles: &[Role]) -> Self {
        let mut rng = Rng::new(seed);
        let one = |rng: &mut Rng, of: &[&str]| rng.choose(of).map_or("", |name| *name).to_owned();
        let id = one(&mut rng, &NAMES);
        let operations = [
            one(&mut rng, &HOOKS),
            format!("{}-feed", one(&mut rng, &HOOKS)),
            one(&mut rng, &PROVIDERS),
        ];
        let form = if rng.one_in(3) {
            Form::Card
        } else {
            Form::List
        };
        // Only a list says when it asks a question.
        let form = if roles.contains(&Role::Conditional) {
            Form::List
        } else {
            form
        };
        let mut questions = Asked::all(&mut rng, form);
        questions.retain(|q| roles.contains(&q.role) || rng.one_in(4));
        // Nothing shows a question that depends on one which is not asked.
        let ids: Vec<String> = questions.iter().map(|q| q.id.clone()).collect();
        let is_shown = |q: &Asked| q.shown_if.as_ref().is_none_or(|(id, _)| ids.contains(id));
        questions.retain(is_shown);
        let shapes = [Shape::Module, Shape::Modules, Shape::Component];
        let below = |end: String| vec![Part::Of(base()), Part::Fixed(end)];
        let mut wizard = Self {
            form,
            shape: *rng.choose(&shapes).unwrap_or(&Shape::Module),
            fixture: rng.one_in(2),
            schema: !rng.one_in(3),
            required_by_schema: false,
            collect: Vec::new(),
            validate: Step::saying(Out::Json(json!({}))),
            plan: Plan {
                config: Vec::new(),
                secrets: Vec::new(),
                webhook: below(format!("/{}", operations[0])),
                verb: "register".into(),
                notification: below(format!("/{}", operations[1])),
                redirect: below(format!("/{}/back", operations[2])),
                notes: Vec::new(),
            },
            apply: Vec::new(),
            summary: Out::Json(json!({ "summary": format!("{id} is set up") })),
            update: json!({ "plan": { "notes": ["nothing to do"] } }),
            operations,
            files: BTreeMap::new(),
            declared: true,
            leaves: false,
            questions,
            id,
        };
        wizard.settle();
        wizard
    }

    /// Makes the rules and the plan that follow from the questions.
    pub fn settle(&mut self) {
        let no_base = refusal("`public_base_url` is missing");
        let mut rules = vec![(Test::Absent(base()), Act::Say(no_base))];
        rules.extend(self.questions.iter().flat_map(Asked::rules));
        self.validate.rules = rules;
        let public = self.questions.iter().filter(|q| !q.secret);
        self.plan.config = public.flat_map(Asked::config).collect();
        let secret = self.questions.iter().filter(|q| q.secret);
        self.plan.secrets = secret.map(|q| q.id.clone()).collect();
    }

    /// The question of this role, or else the first.
    #[must_use]
    pub fn asked(&self, role: Role) -> &Asked {
        &self.questions[self.place(role)]
    }

    /// The same, to change it.
    pub fn asked_mut(&mut self, role: Role) -> &mut Asked {
        let place = self.place(role);
        &mut self.questions[place]
    }

    fn place(&self, role: Role) -> usize {
        let place = self.questions.iter().position(|q| q.role == role);
        place.unwrap_or_default()
    }

    /// Lets `validate` take every answer to the question of this role for which `also`
    /// holds, as well as those that fit.
    pub fn lax(&mut self, role: Role, also: Test) {
        let own = self.asked(role).rules();
        for (test, _) in &mut self.validate.rules {
            if own.iter().any(|(rule, _)| rule == test) {
                let strict = std::mem::replace(test, Test::Always);
                *test = Test::All(vec![also.clone().negated(), strict]);
            }
        }
    }

    /// The answer of `apply`.
    #[must_use]
    pub fn planned(&self) -> Out {
        self.planned_with(&self.plan)
    }

    /// The answer of `apply` with this plan.
    #[must_use]
    pub fn planned_with(&self, plan: &Plan) -> Out {
        let always = |key: &str, out: Out| (key.to_owned(), Test::Always, out);
        let fixed = |text: &str| Out::Json(text.into());
        let redacted = Out::Json(json!({ "redacted": true, "value": null }));
        let set = plan.secrets.iter().map(|key| always(key, redacted.clone()));
        let secrets = Out::Object(vec![
            always("delete", Out::Json(json!([]))),
            always("set", Out::Object(set.collect())),
        ]);
        let [webhook, subscription, provider] = &self.operations;
        let webhook = Out::Object(vec![
            always("id", fixed(webhook)),
            always("op", fixed(&plan.verb)),
            always("url", Out::Text(plan.webhook.clone())),
        ]);
        let subscription = Out::Object(vec![
            always("id", fixed(subscription)),
            always("notification_url", Out::Text(plan.notification.clone())),
            always("op", fixed("create")),
        ]);
        let oauth = Out::Object(vec![
            always("op", fixed("start")),
            always("provider", fixed(provider)),
            always("redirect_url", Out::Text(plan.redirect.clone())),
        ]);
        let list = |one: Out| Out::List(vec![(Test::Always, one)]);
        let plan = Out::Object(vec![
            always("config_patch", Out::Object(plan.config.clone())),
            always("notes", Out::List(plan.notes.clone())),
            always("oauth_ops", list(oauth)),
            always("secrets_patch", secrets),
            always("subscription_ops", list(subscription)),
            always("webhook_ops", list(webhook)),
        ]);
        Out::Object(vec![always("plan", plan)])
    }

    /// The plan that takes back what setup adds.
    #[must_use]
    pub fn removal(&self) -> Value {
        let config = self.plan.config.iter();
        let config: BTreeMap<&String, Value> =
            config.map(|(key, _, _)| (key, Value::Null)).collect();
        let [webhook, subscription, provider] = &self.operations;
        let webhooks = if self.leaves {
            json!([])
        } else {
            json!([{ "op": "unregister", "id": webhook }])
        };
        json!({ "plan": {
            "config_patch": config,
            "secrets_patch": { "set": {}, "delete": self.plan.secrets },
            "webhook_ops": webhooks,
            "subscription_ops": [{ "op": "delete", "id": subscription }],
            "oauth_ops": [{ "op": "revoke", "provider": provider }],
        } })
    }
}
