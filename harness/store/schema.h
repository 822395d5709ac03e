#pragma once
// The schema's versions and how a file gets from one to the next. Tables and views: docs/store.md.

#include <filesystem>
#include <vector>

namespace timetrial::store {

class Connection;

/// "TTRL": marks a SQLite file as a store.
inline constexpr int kApplicationId = 0x5454524C;

struct Migration {
  int version;      ///< PRAGMA user_version after it
  const char* sql;  ///< statements, run in one transaction
};

/// In order, versions 1, 2, ….
const std::vector<Migration>& migrations();

/// The tables and views of version 1, and what the later ones add: imported logs (2), the time that
/// training waited for data (3), quarantine (4).
extern const char* const kSchemaV1;
extern const char* const kSchemaV2;
extern const char* const kSchemaV3;
extern const char* const kSchemaV4;
extern const char* const kSchemaV5;

/// Throws InputError unless the file is a store whose schema this program knows (any version up to
/// the last of `known`).
void check_is_store(Connection& connection, const std::vector<Migration>& known);

/// Brings an empty file or an older store to the last version of `known`. A store that has one is
/// first copied to "<file>.v<old version>.backup". Nothing is changed when it throws.
void migrate(Connection& connection, const std::vector<Migration>& known);

/// Copies a consistent state of an open store to a new file. Throws InputError if `to` exists.
void copy_to(Connection& connection, const std::filesystem::path& to);

}  // namespace timetrial::store
