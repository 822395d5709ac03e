#include "harness/store/schema.h"

#include "harness/store/connection.h"
#include "harness/trial/error.h"

#include <fmt/core.h>

namespace timetrial::store {
namespace {

int version_of(Connection& connection) {
  return static_cast<int>(connection.integer("PRAGMA user_version"));
}

bool is_empty(Connection& connection) {
  return connection.integer("SELECT COUNT(*) FROM sqlite_schema") == 0;
}

void back_up(Connection& connection, int version) {
  auto backup = connection.file();
  backup += fmt::format(".v{}.backup", version);
  if (!std::filesystem::exists(backup)) copy_to(connection, backup);
}

}  // namespace

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> list{
      {1, kSchemaV1}, {2, kSchemaV2}, {3, kSchemaV3}, {4, kSchemaV4}, {5, kSchemaV5}};
  return list;
}

void check_is_store(Connection& connection, const std::vector<Migration>& known) {
  const auto name = connection.file().string();
  if (connection.integer("PRAGMA application_id") != kApplicationId) {
    throw InputError(name + ": a database, but not a store of Timetrial; check the path");
  }
  const int version = version_of(connection), newest = known.back().version;
  if (version > newest) {
    throw InputError(
        fmt::format("{}: written by a newer Timetrial (schema {}, this one knows {}); "
                    "update this program",
                    name, version, newest));
  }
}

void migrate(Connection& connection, const std::vector<Migration>& known) {
  if (!is_empty(connection)) {
    check_is_store(connection, known);
    const int version = version_of(connection);
    if (version == known.back().version) return;
    back_up(connection, version);
  }
  Transaction transaction(connection);
  // Another process may have migrated while this one waited for the lock: look again.
  const int version = version_of(connection);
  for (const auto& migration : known) {
    if (migration.version > version) connection.execute(migration.sql);
  }
  connection.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                                 kApplicationId, known.back().version));
  transaction.commit();
}

void copy_to(Connection& connection, const std::filesystem::path& to) {
  if (std::filesystem::exists(to)) {
    throw InputError(to.string() + ": exists already; choose another name or remove it");
  }
  Statement(connection, "VACUUM INTO ?1").run(to.string());
}

}  // namespace timetrial::store
