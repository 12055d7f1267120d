//! Values by reflection: a component's own types decide how data is passed, so
//! one code path serves every version of an interface.

use serde_json::{Map, Value};
use wasmtime::component::Val;
use wasmtime::component::types::Type;
use wasmtime::{Result, bail, format_err};

/// Data for a component, before the component's types are known.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// Nothing: `none`, or the empty value of a type that has no `none`.
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Data>),
    /// A record, by field name. Missing fields are `none`.
    Map(Vec<(String, Data)>),
    /// A case of a variant, or `ok` or `err` of a result.
    Case(&'static str, Box<Data>),
}

impl Data {
    pub(crate) fn ok(data: Self) -> Self {
        Self::Case("ok", Box::new(data))
    }

    /// `err` with a record of code and message, or with an enum's case `code`.
    pub(crate) fn err(code: &str, message: &str) -> Self {
        let fields = [("code", code), ("message", message)];
        let fields = fields.map(|(key, text)| (key.to_owned(), Self::Text(text.to_owned())));
        Self::Case("err", Box::new(Self::Map(fields.into())))
    }
}

impl From<&Value> for Data {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::Number(n) => Self::Int(n.as_i64().unwrap_or_default()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => {
                let fields = map.iter().map(|(k, v)| (k.clone(), Self::from(v)));
                Self::Map(fields.collect())
            }
        }
    }
}

/// Converts `data` to a value of type `ty`.
pub(crate) fn lower(ty: &Type, data: &Data) -> Result<Val> {
    Ok(match ty {
        Type::Bool => Val::Bool(matches!(data, Data::Bool(true))),
        Type::String => Val::String(match data {
            Data::Text(text) => text.clone(),
            Data::Map(_) => case_name(data).unwrap_or_default().to_owned(),
            _ => String::new(),
        }),
        Type::Char => Val::Char(' '),
        Type::Option(option) => match data {
            Data::Null => Val::Option(None),
            data => Val::Option(Some(Box::new(lower(&option.ty(), data)?))),
        },
        Type::List(list) => Val::List(lower_list(&list.ty(), data)?),
        Type::Tuple(tuple) => {
            let items = match data {
                Data::List(items) => items.as_slice(),
                _ => &[],
            };
            let mut items = items.iter().chain(std::iter::repeat(&Data::Null));
            let lowered = tuple
                .types()
                .map(|ty| lower(&ty, items.next().unwrap_or(&Data::Null)));
            Val::Tuple(lowered.collect::<Result<_>>()?)
        }
        Type::Record(record) => {
            let get = |name: &str| match data {
                Data::Map(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, v)| v),
                _ => None,
            };
            let fields = record.fields().map(|field| {
                let value = lower(&field.ty, get(field.name).unwrap_or(&Data::Null))?;
                Ok((field.name.to_owned(), value))
            });
            Val::Record(fields.collect::<Result<_>>()?)
        }
        Type::Enum(cases) => Val::Enum(case(data, || cases.names().map(str::to_owned).collect())?),
        Type::Variant(_) | Type::Result(_) => lower_case(ty, data)?,
        Type::Flags(_) => Val::Flags(Vec::new()),
        number => lower_number(number, data)?,
    })
}

/// A case of a variant or of a result, with its payload.
fn lower_case(ty: &Type, data: &Data) -> Result<Val> {
    Ok(match ty {
        Type::Variant(variant) => {
            let names = || variant.cases().map(|c| c.name.to_owned()).collect();
            let name = case(data, names)?;
            let payload = variant.cases().find(|c| c.name == name).and_then(|c| c.ty);
            let inner = match data {
                Data::Case(_, inner) => inner,
                _ => &Data::Null,
            };
            let payload = payload
                .map(|ty| lower(&ty, inner).map(Box::new))
                .transpose()?;
            Val::Variant(name, payload)
        }
        Type::Result(result) => {
            let (is_err, inner) = match data {
                Data::Case("err", inner) => (true, &**inner),
                Data::Case(_, inner) => (false, &**inner),
                other => (false, other),
            };
            let lowered =
                |ty: Option<Type>| ty.map(|ty| lower(&ty, inner).map(Box::new)).transpose();
            Val::Result(if is_err {
                Err(lowered(result.err())?)
            } else {
                Ok(lowered(result.ok())?)
            })
        }
        other => lower_number(other, data)?,
    })
}

fn lower_number(ty: &Type, data: &Data) -> Result<Val> {
    let int = match data {
        Data::Int(int) => *int,
        _ => 0,
    };
    let range = || format_err!("{int} does not fit");
    Ok(match ty {
        Type::U8 => Val::U8(int.try_into().map_err(|_| range())?),
        Type::U16 => Val::U16(int.try_into().map_err(|_| range())?),
        Type::U32 => Val::U32(int.try_into().map_err(|_| range())?),
        Type::U64 => Val::U64(int.try_into().map_err(|_| range())?),
        Type::S8 => Val::S8(int.try_into().map_err(|_| range())?),
        Type::S16 => Val::S16(int.try_into().map_err(|_| range())?),
        Type::S32 => Val::S32(int.try_into().map_err(|_| range())?),
        Type::S64 => Val::S64(int),
        Type::Float32 => Val::Float32(int as f32),
        Type::Float64 => Val::Float64(int as f64),
        other => bail!("this harness passes no value of type {other:?}"),
    })
}

fn lower_list(ty: &Type, data: &Data) -> Result<Vec<Val>> {
    match (ty, data) {
        (Type::U8, Data::Bytes(bytes)) => Ok(bytes.iter().map(|b| Val::U8(*b)).collect()),
        (Type::U8, Data::Text(text)) => Ok(text.bytes().map(Val::U8).collect()),
        (ty, Data::List(items)) => items.iter().map(|item| lower(ty, item)).collect(),
        _ => Ok(Vec::new()),
    }
}

/// The case that `data` names, or the first: an enum has no empty value.
fn case(data: &Data, names: impl Fn() -> Vec<String>) -> Result<String> {
    let names = names();
    match case_name(data) {
        Some(wanted) if names.iter().any(|n| n == wanted) => Ok(wanted.to_owned()),
        Some(wanted) => bail!("there is no case `{wanted}` among {}", names.join(", ")),
        None => names
            .into_iter()
            .next()
            .ok_or_else(|| format_err!("no cases")),
    }
}

/// The case name in `data`: the text, the case, or the field `code` of a record.
fn case_name(data: &Data) -> Option<&str> {
    match data {
        Data::Text(text) => Some(text),
        Data::Case(name, _) => Some(name),
        Data::Map(fields) => fields.iter().find_map(|(key, value)| match value {
            Data::Text(text) if key == "code" => Some(text.as_str()),
            _ => None,
        }),
        _ => None,
    }
}

/// The bytes of a list of bytes.
pub(crate) fn bytes(value: &Val) -> Option<Vec<u8>> {
    let Val::List(items) = value else { return None };
    let byte = |item: &Val| match item {
        Val::U8(byte) => Some(*byte),
        _ => None,
    };
    items.iter().map(byte).collect()
}

/// Converts `value` to JSON: a record is an object, `none` is null, and a case is
/// an object with one field.
pub(crate) fn json(value: &Val) -> Value {
    let one = |name: &str, inner: Option<&Val>| {
        let inner = inner.map_or(Value::Null, json);
        Value::Object(Map::from_iter([(name.to_owned(), inner)]))
    };
    match value {
        Val::Bool(b) => Value::Bool(*b),
        Val::S8(n) => (*n).into(),
        Val::U8(n) => (*n).into(),
        Val::S16(n) => (*n).into(),
        Val::U16(n) => (*n).into(),
        Val::S32(n) => (*n).into(),
        Val::U32(n) => (*n).into(),
        Val::S64(n) => (*n).into(),
        Val::U64(n) => (*n).into(),
        Val::Float32(n) => f64::from(*n).into(),
        Val::Float64(n) => (*n).into(),
        Val::Char(c) => c.to_string().into(),
        Val::String(text) | Val::Enum(text) => text.as_str().into(),
        Val::List(items) | Val::Tuple(items) => items.iter().map(json).collect(),
        Val::Record(fields) => {
            let fields = fields.iter().map(|(name, v)| (name.clone(), json(v)));
            Value::Object(fields.collect())
        }
        Val::Variant(name, inner) => one(name, inner.as_deref()),
        Val::Option(inner) => inner.as_deref().map_or(Value::Null, json),
        Val::Result(Ok(inner)) => one("ok", inner.as_deref()),
        Val::Result(Err(inner)) => one("err", inner.as_deref()),
        Val::Flags(names) => names.iter().map(|n| Value::from(n.as_str())).collect(),
        // No interface that the harness calls returns these.
        _ => Value::Null,
    }
}
