#include "tests/support/schema_shape.h"

#include <algorithm>

namespace yizhan {

namespace {

// Each answers finished lines; '<table> column <name> <type> <NULL?> <default>' and so on.
constexpr const char* kSqliteShape[] = {
    R"sql(SELECT m.name || ' column ' || c.name || ' ' || lower(c.type)
            || CASE WHEN c."notnull" = 1 THEN ' NOT NULL' ELSE '' END
            || CASE WHEN c.dflt_value IS NULL THEN '' ELSE ' DEFAULT ' || c.dflt_value END
          FROM sqlite_master m, pragma_table_info(m.name) c
          WHERE m.type = 'table' AND m.name <> 'schema_migrations')sql",
    R"sql(SELECT k.name || ' primary key (' || group_concat(k.column_name, ', ') || ')'
          FROM (SELECT m.name AS name, c.name AS column_name
                FROM sqlite_master m, pragma_table_info(m.name) c
                WHERE m.type = 'table' AND m.name <> 'schema_migrations' AND c.pk > 0
                ORDER BY m.name, c.pk) k
          GROUP BY k.name)sql",
    R"sql(SELECT k.name || CASE WHEN k.origin = 'u' THEN ' unique (' ELSE
              CASE WHEN k.is_unique = 1 THEN ' unique index ' ELSE ' index ' END
              || k.index_name || ' (' END
            || group_concat(k.column_name, ', ') || ')'
            || CASE WHEN k.partial = 1 THEN ' partial' ELSE '' END
          FROM (SELECT m.name AS name, i.name AS index_name, i.origin AS origin,
                       i."unique" AS is_unique, i.partial AS partial,
                       coalesce(c.name, '<expression>') AS column_name
                FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
                WHERE m.type = 'table' AND m.name <> 'schema_migrations' AND i.origin <> 'pk'
                ORDER BY m.name, i.name, c.seqno) k
          GROUP BY k.name, k.index_name, k.origin, k.is_unique, k.partial)sql",
    R"sql(SELECT k.name || ' foreign key (' || group_concat(k.column_name, ', ') || ') to '
            || k.target || ' (' || group_concat(k.target_column, ', ') || ') on delete '
            || lower(k.on_delete)
          FROM (SELECT m.name AS name, f.id AS id, f."from" AS column_name, f."table" AS target,
                       f."to" AS target_column, f.on_delete AS on_delete
                FROM sqlite_master m, pragma_foreign_key_list(m.name) f
                WHERE m.type = 'table'
                ORDER BY m.name, f.id, f.seq) k
          GROUP BY k.name, k.id, k.target, k.on_delete)sql",
};

constexpr const char* kPostgresShape[] = {
    R"sql(SELECT table_name || ' column ' || column_name || ' ' || data_type
            || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END
            || CASE WHEN column_default IS NULL THEN '' ELSE ' DEFAULT '
                    || regexp_replace(column_default, '::[a-z ]+$', '') END
          FROM information_schema.columns
          WHERE table_schema = 'public' AND table_name <> 'schema_migrations')sql",
    R"sql(SELECT t.relname || CASE WHEN c.contype = 'p' THEN ' primary key (' ELSE ' unique (' END
            || string_agg(a.attname, ', ' ORDER BY k.place) || ')'
          FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
          JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
          CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(attnum, place)
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
          WHERE c.contype IN ('p', 'u') AND t.relname <> 'schema_migrations'
          GROUP BY t.relname, c.conname, c.contype)sql",
    R"sql(SELECT t.relname || CASE WHEN i.indisunique THEN ' unique index ' ELSE ' index ' END
            || x.relname || ' ('
            || string_agg(coalesce(a.attname, '<expression>'), ', ' ORDER BY k.place) || ')'
            || CASE WHEN i.indpred IS NULL THEN '' ELSE ' partial' END
          FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
          JOIN pg_class x ON x.oid = i.indexrelid
          JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
          CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
          LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum AND k.attnum > 0
          WHERE t.relname <> 'schema_migrations'
            AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid
                            AND c.contype IN ('p', 'u'))
          GROUP BY t.relname, x.relname, i.indisunique, i.indpred)sql",
    R"sql(SELECT t.relname || ' foreign key (' || string_agg(a.attname, ', ' ORDER BY k.place)
            || ') to ' || o.relname || ' (' || string_agg(b.attname, ', ' ORDER BY k.place)
            || ') on delete '
            || CASE c.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
                 WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END
          FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
          JOIN pg_class o ON o.oid = c.confrelid
          CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(mine, other, place)
          JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.mine
          JOIN pg_attribute b ON b.attrelid = o.oid AND b.attnum = k.other
          WHERE c.contype = 'f'
          GROUP BY t.relname, c.conname, o.relname, c.confdeltype)sql",
};

constexpr const char* kSqliteParticulars[] = {
    R"sql(SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL)sql",
};

constexpr const char* kPostgresParticulars[] = {
    R"sql(SELECT indexdef FROM pg_indexes WHERE schemaname = 'public')sql",
    R"sql(SELECT t.relname || ' ' || pg_get_constraintdef(c.oid)
          FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
          JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public')sql",
};

// All white space alike, so that a migration may be laid out otherwise.
std::string on_one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n';
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  return line;
}

std::vector<std::string> lines_of(Database& database, std::span<const char* const> questions) {
  std::vector<std::string> lines;
  database.read([&](Transaction& tx) {
    lines.clear();
    for (const char* sql : questions) {
      for (const auto& [line] : tx.query<std::string>(sql)) lines.push_back(on_one_line(line));
    }
  });
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

std::vector<std::string> schema_shape(Database& database) {
  if (database.engine() == Engine::kSqlite) return lines_of(database, kSqliteShape);
  return lines_of(database, kPostgresShape);
}

std::vector<std::string> schema_particulars(Database& database) {
  if (database.engine() == Engine::kSqlite) return lines_of(database, kSqliteParticulars);
  return lines_of(database, kPostgresParticulars);
}

}  // namespace yizhan
