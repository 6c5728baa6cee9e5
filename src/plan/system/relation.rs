//! The system relations: their columns, or the queries that they are.

use super::rows::{Bound, rows};
use crate::expr::Expr;
use crate::plan::{Node, OutputColumn};
use crate::table::Catalog;
use crate::types::{DataType, Element, Value};

/// What stands behind a name.
pub enum Relation {
    /// Its columns, as [`TABLES`] has them.
    Table(&'static str),
    /// A query over others.
    View(&'static str),
}

/// A system relation; without a schema those of pg_catalog are found.
pub fn find(schema: Option<&str>, name: &str) -> Option<(&'static str, Relation)> {
    let schema = schema.unwrap_or("pg_catalog");
    let is_meant = |entry: &&(&'static str, &'static str)| {
        let (prefix, own) = entry.0.split_once('.').unwrap_or(("pg_catalog", entry.0));
        prefix == schema && own == name
    };
    let table = TABLES.iter().find(is_meant);
    let table = table.map(|(name, columns)| (*name, Relation::Table(columns)));
    let view = || VIEWS.iter().find(is_meant);
    table.or_else(|| view().map(|(name, sql)| (*name, Relation::View(sql))))
}

/// A table of the system as constants.
pub fn table(
    catalog: &Catalog,
    name: &str,
    columns: &str,
    bound: &Bound,
) -> (Node, Vec<OutputColumn>) {
    let columns: Vec<Column> = columns.split_whitespace().map(Column::read).collect();
    let rows = rows(catalog, name, bound).into_iter().map(|row| {
        let mut values = row.into_iter();
        let cells = columns.iter().map(|column| {
            let own = || values.next().unwrap_or(Value::Null);
            let value = column.constant.clone().unwrap_or_else(own);
            Expr::constant(value, column.data_type)
        });
        cells.collect()
    });
    let node = Node::Values {
        rows: rows.collect(),
        types: columns.iter().map(|column| column.data_type).collect(),
    };
    let output = columns.iter().map(|column| OutputColumn {
        name: column.name.to_string(),
        data_type: column.data_type,
    });
    (node, output.collect())
}

struct Column<'s> {
    name: &'s str,
    data_type: DataType,
    /// What it is in all rows.
    constant: Option<Value>,
}

impl Column<'_> {
    /// `name`, an integer; `name:t`, `:b`, `:l` or `:r`, a text, boolean, bigint or real; `:a` or `:n`, an array of texts or small
    /// numbers; `:v` or `:o`, the same of small numbers or oids, counted from 0; `name=constant`, of which a text follows a quote, and `-` and `-a` are NULL.
    fn read(text: &str) -> Column<'_> {
        if let Some((name, constant)) = text.split_once('=') {
            let (data_type, value) = match constant {
                "t" | "f" => (DataType::Boolean, Value::Bool(constant == "t")),
                "-" => (DataType::Text, Value::Null),
                "-a" => (DataType::TEXTS, Value::Null),
                text => match (text.strip_prefix('\''), text.parse()) {
                    (None, Ok(number)) => (DataType::Integer, Value::I64(number)),
                    (quoted, _) => (DataType::Text, Value::text(quoted.unwrap_or(text))),
                },
            };
            return Column {
                name,
                data_type,
                constant: Some(value),
            };
        }
        let (name, kind) = text.split_once(':').unwrap_or((text, ""));
        Column {
            name,
            data_type: match kind {
                "t" => DataType::Text,
                "b" => DataType::Boolean,
                "l" => DataType::BigInt,
                "r" => DataType::Real,
                "a" => DataType::TEXTS,
                "n" => DataType::Array(Element::SmallInt),
                "v" => DataType::Array(Element::Places),
                "o" => DataType::Array(Element::Oids),
                _ => DataType::Integer,
            },
            constant: None,
        }
    }
}

/// Tables by name (without a schema in pg_catalog), and their columns ([`Column::read`]). The values of those
/// that are no constants come from [`rows`], in this order.
const TABLES: &[(&str, &str)] = &[
    ("pg_namespace", "oid nspname:t nspowner=10 nspacl=-a"),
    (
        "pg_class",
        "oid relname:t relnamespace reltype reloftype=0 relowner=10 relam relfilenode=0 reltablespace=0 relpages=0 \
         reltuples=-1 relallvisible=0 reltoastrelid=0 relhasindex:b relisshared=f relpersistence:t relkind:t relnatts relchecks \
         relhasrules:b relhastriggers:b relhassubclass=f relrowsecurity=f relforcerowsecurity=f relispopulated:b \
         relreplident:t relispartition=f relrewrite=0 relacl=-a reloptions=-a relpartbound=-",
    ),
    (
        "pg_attribute",
        "attrelid attname:t atttypid attstattarget=-1 attlen attstorage:t attnum attndims atttypmod attnotnull:b atthasdef:b \
         atthasmissing=f attidentity:t attgenerated:t attisdropped=f attislocal=t attinhcount=0 attcollation attacl=-a \
         attoptions=-a attcompression='",
    ),
    // Beside the expression what was written.
    ("pg_attrdef", "oid adrelid adnum adbin:t adsrc:t"),
    (
        "pg_constraint",
        "oid conname:t connamespace contype:t condeferrable:b condeferred:b convalidated:b conrelid contypid \
         conindid conparentid=0 confrelid confupdtype:t confdeltype:t confmatchtype:t conkey:n confkey:n conislocal=t coninhcount=0 \
         connoinherit:b conbin:t",
    ),
    ("pg_view_query", "oid definition:t rule:t"),
    // Indexes and constraints in SQL's words: the index as a whole is part 0.
    ("pg_index_text", "oid part is_pretty:b text:t"),
    ("pg_constraint_text", "oid is_pretty:b text:t"),
    // Whether rows are written through a view, and what is checked then.
    ("pg_view_writing", "oid is_writable:t check_option:t"),
    // The names by which relations are found, and what is shown of them; the oid stands beside one of them alone.
    ("pg_regclass", "name:t number shown:t oid"),
    ("pg_type_format", "oid typmod format:t"),
    // A row for each column of a key; the referenced one of a foreign key beside it.
    (
        "pg_key_column",
        "conoid place relid attnum confrelid confattnum",
    ),
    (
        "pg_index",
        "indexrelid indrelid indnatts indnkeyatts indisunique:b indnullsnotdistinct:b indisprimary:b indisexclusion=f \
         indimmediate:b indisclustered=f indisvalid=t indcheckxmin=f indisready=t indislive=t indisreplident=f \
         indkey:v indcollation:o indclass:o indoption:v indexprs:t indpred:t",
    ),
    (
        "pg_sequence",
        "seqrelid seqtypid seqstart:l seqincrement:l seqmax:l seqmin:l seqcache=1 seqcycle:b",
    ),
    (
        "pg_depend",
        "classid objid objsubid=0 refclassid=1259 refobjid refobjsubid deptype:t",
    ),
    (
        "pg_description",
        "objoid classoid=1259 objsubid description:t",
    ),
    (
        "pg_type",
        "oid typname:t typnamespace typowner=10 typtype:t typcategory:t typisdefined=t typdelim=', typrelid typelem typarray \
         typlen typbyval:b typstorage:t typinput:t typnotnull:b typbasetype typtypmod typndims=0 typcollation format:t typdefault:t typacl=-a",
    ),
    ("pg_am", "oid amname:t amtype:t"),
    (
        "pg_opclass",
        "oid opcmethod=403 opcname:t opcnamespace=11 opcowner=10 opcintype opcdefault=t opckeytype=0",
    ),
    ("pg_collation", "oid=100 collname='default collnamespace=11"),
    (
        "pg_database",
        "oid=5 datname='postgres datdba=10 encoding=6 datcollate='C datctype='C datistemplate=f datallowconn=t datlocprovider='c daticulocale=- datacl=-a",
    ),
    (
        "pg_roles",
        "oid=10 rolname='postgres rolsuper=t rolinherit=t rolcreaterole=t rolcreatedb=t rolcanlogin=t rolconnlimit=-1 \
         rolvaliduntil=- rolreplication=t rolbypassrls=t",
    ),
    (
        "pg_user",
        "usename='postgres usesysid=10 usecreatedb=t usesuper=t",
    ),
    ("pg_enum", "oid enumtypid enumsortorder:r enumlabel:t"),
    (
        "information_schema.domains",
        "domain_catalog='postgres domain_schema:t domain_name:t data_type:t character_maximum_length character_octet_length \
         numeric_precision numeric_precision_radix numeric_scale datetime_precision domain_default:t udt_catalog='postgres \
         udt_schema:t udt_name:t",
    ),
    // Of these there is nothing here.
    (
        "pg_inherits",
        "inhrelid inhparent inhseqno inhdetachpending:b",
    ),
    (
        "pg_policy",
        "oid polname:t polrelid polcmd:t polpermissive:b polroles:n polqual:t polwithcheck:t",
    ),
    (
        "pg_statistic_ext",
        "oid stxrelid stxname:t stxnamespace stxowner stxstattarget stxkind:a",
    ),
    (
        "pg_publication",
        "oid pubname:t pubowner puballtables:b pubinsert:b pubupdate:b pubdelete:b pubtruncate:b pubviaroot:b",
    ),
    (
        "pg_publication_rel",
        "oid prpubid prrelid prqual:t prattrs:n",
    ),
    ("pg_publication_namespace", "oid pnpubid pnnspid"),
    (
        "pg_auth_members",
        "oid roleid member grantor admin_option:b",
    ),
    ("pg_tablespace", "oid spcname:t spcowner"),
    (
        "pg_trigger",
        "oid tgrelid tgname:t tgfoid tgenabled:t tgisinternal:b tgconstraint tgparentid tgtype",
    ),
    (
        "pg_proc",
        "oid proname:t pronamespace proowner prolang prokind:t provolatile:t proparallel:t prosecdef:b pronargs proargtypes:o \
         prorettype prosrc:t proacl:a",
    ),
    (
        "pg_extension",
        "oid extname:t extnamespace extrelocatable:b extversion:t",
    ),
    (
        "pg_language",
        "oid lanname:t lanowner lanispl:b lanpltrusted:b lanplcallfoid laninline lanvalidator lanacl:a",
    ),
    (
        "pg_event_trigger",
        "oid evtname:t evtevent:t evtowner evtfoid evtenabled:t evttags:a",
    ),
    (
        "pg_foreign_data_wrapper",
        "oid fdwname:t fdwowner fdwhandler fdwvalidator fdwacl:a fdwoptions:a",
    ),
    (
        "pg_foreign_server",
        "oid srvname:t srvowner srvfdw srvtype:t srvversion:t srvacl:a srvoptions:a",
    ),
    ("pg_foreign_table", "ftrelid ftserver ftoptions:a"),
    ("pg_largeobject_metadata", "oid lomowner lomacl:a"),
    (
        "pg_default_acl",
        "oid defaclrole defaclnamespace defaclobjtype:t defaclacl:a",
    ),
    ("pg_db_role_setting", "setdatabase setrole setconfig:a"),
    (
        "pg_policies",
        "schemaname:t tablename:t policyname:t permissive:t roles:t cmd:t qual:t with_check:t",
    ),
    (
        "information_schema.columns",
        "table_catalog='postgres table_schema:t table_name:t column_name:t ordinal_position column_default:t is_nullable:t \
         data_type:t character_maximum_length character_octet_length numeric_precision numeric_precision_radix \
         numeric_scale datetime_precision udt_name:t dtd_identifier:t identity_generation:t identity_start:t identity_increment:t \
         identity_maximum:t identity_minimum:t is_identity:t identity_cycle:t is_generated:t generation_expression:t \
         is_updatable:t interval_type=- interval_precision=- character_set_name=- collation_name=- domain_catalog:t domain_schema:t \
         domain_name:t udt_catalog='postgres udt_schema:t maximum_cardinality=- is_self_referencing='NO",
    ),
];

/// Views by name, and their queries.
const VIEWS: &[(&str, &str)] = &[
    (
        "pg_tables",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, 'postgres' AS tableowner, NULL AS tablespace, \
         c.relhasindex AS hasindexes, c.relhasrules AS hasrules, c.relhastriggers AS hastriggers, c.relrowsecurity AS rowsecurity \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'",
    ),
    (
        "pg_views",
        "SELECT n.nspname AS schemaname, c.relname AS viewname, 'postgres' AS viewowner, pg_get_viewdef(c.oid) AS definition \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'",
    ),
    (
        "pg_rewrite",
        "SELECT oid, '_RETURN' AS rulename, oid AS ev_class, '1' AS ev_type, 'O' AS ev_enabled, true AS is_instead \
         FROM pg_class WHERE relkind IN ('v', 'm')",
    ),
    (
        "pg_matviews",
        "SELECT n.nspname AS schemaname, c.relname AS matviewname, 'postgres' AS matviewowner, NULL AS tablespace, \
         c.relhasindex AS hasindexes, c.relispopulated AS ispopulated, pg_get_viewdef(c.oid) AS definition \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm'",
    ),
    (
        "pg_indexes",
        "SELECT n.nspname AS schemaname, c.relname AS tablename, i.relname AS indexname, NULL AS tablespace, \
         pg_get_indexdef(x.indexrelid) AS indexdef FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid \
         JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace",
    ),
    (
        "pg_stat_user_indexes",
        "SELECT x.indrelid AS relid, x.indexrelid, n.nspname AS schemaname, c.relname, i.relname AS indexrelname \
         FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid \
         JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace",
    ),
    (
        "pg_sequences",
        "SELECT n.nspname AS schemaname, c.relname AS sequencename, 'postgres' AS sequenceowner, t.format AS data_type, \
         s.seqstart AS start_value, s.seqmin AS min_value, s.seqmax AS max_value, s.seqincrement AS increment_by, \
         s.seqcycle AS cycle, s.seqcache AS cache_size FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = s.seqtypid",
    ),
    (
        "information_schema.schemata",
        "SELECT 'postgres' AS catalog_name, nspname AS schema_name, 'postgres' AS schema_owner FROM pg_namespace",
    ),
    (
        "information_schema.tables",
        "SELECT 'postgres' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, \
         CASE c.relkind WHEN 'r' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type, \
         CASE c.relkind WHEN 'r' THEN 'YES' ELSE w.is_writable END AS is_insertable_into, 'NO' AS is_typed, NULL AS commit_action \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_view_writing w ON w.oid = c.oid WHERE c.relkind IN ('r', 'v')",
    ),
    (
        "information_schema.views",
        "SELECT 'postgres' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, pg_get_viewdef(c.oid) AS view_definition, \
         w.check_option, w.is_writable AS is_updatable, w.is_writable AS is_insertable_into, 'NO' AS is_trigger_updatable, \
         'NO' AS is_trigger_deletable, 'NO' AS is_trigger_insertable_into FROM pg_view_writing w JOIN pg_class c ON c.oid = w.oid \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'",
    ),
    (
        "information_schema.sequences",
        "SELECT 'postgres' AS sequence_catalog, s.schemaname AS sequence_schema, s.sequencename AS sequence_name, s.data_type, \
         CASE s.data_type WHEN 'bigint' THEN 64 WHEN 'integer' THEN 32 ELSE 16 END AS numeric_precision, \
         2 AS numeric_precision_radix, 0 AS numeric_scale, s.start_value::text AS start_value, \
         s.min_value::text AS minimum_value, s.max_value::text AS maximum_value, s.increment_by::text AS increment, \
         CASE WHEN s.cycle THEN 'YES' ELSE 'NO' END AS cycle_option FROM pg_sequences s JOIN pg_class c ON c.relname = s.sequencename \
         WHERE NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'i')",
    ),
    (
        "information_schema.table_constraints",
        "SELECT 'postgres' AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name, \
         'postgres' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, \
         CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'CHECK' END AS constraint_type, \
         CASE WHEN k.condeferrable THEN 'YES' ELSE 'NO' END AS is_deferrable, \
         CASE WHEN k.condeferred THEN 'YES' ELSE 'NO' END AS initially_deferred, 'YES' AS enforced \
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = k.connamespace",
    ),
    (
        "information_schema.key_column_usage",
        "SELECT 'postgres' AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name, \
         'postgres' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, a.attname AS column_name, \
         x.place AS ordinal_position, r.place AS position_in_unique_constraint \
         FROM pg_key_column x JOIN pg_constraint k ON k.oid = x.conoid JOIN pg_class c ON c.oid = x.relid \
         JOIN pg_namespace n ON n.oid = k.connamespace JOIN pg_attribute a ON a.attrelid = x.relid AND a.attnum = x.attnum \
         LEFT JOIN pg_key_column r ON r.conoid = k.conindid AND r.attnum = x.confattnum AND k.contype = 'f' WHERE k.contype <> 'c'",
    ),
    (
        "information_schema.constraint_column_usage",
        "SELECT 'postgres' AS table_catalog, n.nspname AS table_schema, c.relname AS table_name, a.attname AS column_name, \
         'postgres' AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name \
         FROM pg_key_column x JOIN pg_constraint k ON k.oid = x.conoid JOIN pg_namespace n ON n.oid = k.connamespace \
         JOIN pg_class c ON c.oid = x.confrelid JOIN pg_attribute a ON a.attrelid = x.confrelid AND a.attnum = x.confattnum",
    ),
    (
        "information_schema.referential_constraints",
        "SELECT 'postgres' AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name, \
         'postgres' AS unique_constraint_catalog, n.nspname AS unique_constraint_schema, u.conname AS unique_constraint_name, \
         CASE k.confmatchtype WHEN 'f' THEN 'FULL' ELSE 'NONE' END AS match_option, r.rule AS update_rule, d.rule AS delete_rule \
         FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace \
         LEFT JOIN pg_constraint u ON u.oid = k.conindid \
         JOIN (VALUES ('a', 'NO ACTION'), ('r', 'RESTRICT'), ('c', 'CASCADE'), ('n', 'SET NULL'), ('d', 'SET DEFAULT')) r (kind, rule) \
         ON r.kind = k.confupdtype \
         JOIN (VALUES ('a', 'NO ACTION'), ('r', 'RESTRICT'), ('c', 'CASCADE'), ('n', 'SET NULL'), ('d', 'SET DEFAULT')) d (kind, rule) \
         ON d.kind = k.confdeltype WHERE k.contype = 'f'",
    ),
    (
        "information_schema.check_constraints",
        "SELECT 'postgres' AS constraint_catalog, n.nspname AS constraint_schema, k.conname AS constraint_name, k.conbin AS check_clause \
         FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contype = 'c'",
    ),
];
