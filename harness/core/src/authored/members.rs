//! The members of the files that authors write, and the type that hosts read of each.

/// The type of a member.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
    /// A whole number from 0 to 65 535.
    Count,
    /// A condition of `setup.yaml`: a text, or `field` and `eq`.
    Condition,
    /// A list of records.
    List(&'static Record),
    /// Every value.
    Any,
}

/// A member that hosts read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Whether null counts as left out.
    pub(super) nullable: bool,
}

/// The members of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// Those that the host reads.
    pub(super) members: &'static [Member],
    /// Names that other tools of the ecosystem read or write, with spaces between them.
    pub(super) known: &'static str,
    /// The member that names an object of this kind.
    pub(super) id: &'static str,
}

const fn member(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        shape,
        nullable: false,
    }
}

const fn nullable(name: &'static str, shape: Shape) -> Member {
    Member {
        name,
        shape,
        nullable: true,
    }
}

/// `setup.yaml`, as greentic-setup 1.3.1-dev decodes it.
pub(super) const SETUP: Record = Record {
    members: &[
        nullable("title", Shape::Text),
        nullable("description", Shape::Text),
        nullable("questions", Shape::List(&QUESTION)),
    ],
    known: "provider_id version id mode defaults",
    id: "title",
};

const QUESTION: Record = Record {
    members: &[
        member("name", Shape::Text),
        member("kind", Shape::Text),
        member("required", Shape::Flag),
        nullable("help", Shape::Text),
        nullable("choices", Shape::Texts),
        nullable("default", Shape::Any),
        member("secret", Shape::Flag),
        nullable("title", Shape::Text),
        nullable("visible_if", Shape::Condition),
        nullable("placeholder", Shape::Text),
        nullable("group", Shape::Text),
        nullable("docs_url", Shape::Text),
        nullable("columns", Shape::List(&COLUMN)),
        nullable("min_rows", Shape::Count),
        nullable("max_rows", Shape::Count),
    ],
    known: FORM_WORDS,
    id: "name",
};

const COLUMN: Record = Record {
    members: &[
        member("key", Shape::Text),
        nullable("title", Shape::Text),
        member("kind", Shape::Text),
        member("required", Shape::Flag),
        nullable("help", Shape::Text),
        nullable("placeholder", Shape::Text),
        nullable("choices", Shape::Texts),
        nullable("default", Shape::Any),
        member("multilingual", Shape::Flag),
    ],
    known: FORM_WORDS,
    id: "key",
};

impl Record {
    /// Whether another tool reads or writes members of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.known
            .split_ascii_whitespace()
            .any(|known| known == name)
    }
}

/// Words of the forms of greentic-types, greentic-qa and older packs.
const FORM_WORDS: &str = "id name type kind label title title_i18n text description description_i18n help \
    help_i18n hint options values enum choices default default_value constraint \
    constraints validate pattern regex min max minimum maximum min_len max_len \
    min_length max_length minLength maxLength required secret visible_if \
    placeholder list computed computed_overridable policy error skip_if condition \
    key multiline multiple order section show_if shown_if hidden_if hide_if \
    enabled_if required_if depends_on when";

/// `qa/*.json`, as greentic-setup 1.3.1-dev reads it: a member of another type counts as
/// left out.
pub(super) const QA: Record = Record {
    members: &[
        nullable("mode", Shape::Text),
        nullable("questions", Shape::List(&QA_QUESTION)),
    ],
    known: "id title title_i18n version description description_i18n defaults presentation \
    progress_policy secrets_policy store validations includes metadata provider_id",
    id: "id",
};

const QA_QUESTION: Record = Record {
    members: &[
        member("id", Shape::Text),
        member("required", Shape::Flag),
        member("secret", Shape::Flag),
        nullable("label", Shape::Any),
        nullable("default", Shape::Any),
        nullable("visible_if", Shape::Any),
    ],
    known: FORM_WORDS,
    id: "id",
};

/// A list of secret requirements, as greentic-setup 1.3.1-dev decodes it.
pub(super) const SECRET: Record = Record {
    members: &[
        member("key", Shape::Text),
        member("required", Shape::Flag),
        nullable("description", Shape::Text),
    ],
    known: "scope format schema examples sensitivity title",
    id: "key",
};
