// SQL from a person: one statement that reads, on a connection of its own that cannot write.
#include "harness/store/impl.h"
#include "harness/store/imported_rows.h"
#include "harness/trial/error.h"

#include <sqlite3.h>

#include <string_view>

namespace timetrial::store {
namespace {

/// Reading, and nothing else: no ATTACH, no PRAGMA, no extension.
int authorize(void*, int action, const char*, const char* function, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return std::string_view(function) == "load_extension" ? SQLITE_DENY : SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using OwnedStatement = std::unique_ptr<sqlite3_stmt, Finalize>;

[[noreturn]] void refuse(const std::string& problem) { throw InputError("query: " + problem); }

OwnedStatement prepare(sqlite3* database, const char* sql, const char** rest) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database, sql, -1, &statement, rest);
  OwnedStatement owned(statement);
  if (code == SQLITE_OK) return owned;
  const std::string message = sqlite3_errmsg(database);
  // The result code is SQLITE_AUTH for some refusals and SQLITE_ERROR for others.
  if (message.starts_with("not authorized")) refuse("only reading is allowed; use SELECT");
  refuse(message + "; the views are in docs/store.md");
}

OwnedStatement prepare_only(sqlite3* database, const std::string& sql) {
  const char* rest = nullptr;
  auto statement = prepare(database, sql.c_str(), &rest);
  if (statement == nullptr) refuse("there is no statement; use SELECT");
  // Semicolons and comments after it are no second statement.
  for (const char* next = rest; *next != '\0'; next = rest) {
    if (prepare(database, next, &rest) != nullptr) refuse("more than one statement; give one");
    if (rest == next) break;
  }
  if (sqlite3_stmt_readonly(statement.get()) == 0) refuse("only reading is allowed; use SELECT");
  return statement;
}

std::optional<std::string> value(sqlite3_stmt* statement, int column) {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  if (bytes == nullptr) return std::nullopt;
  return std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

}  // namespace

void Store::query(
    const std::string& sql,
    const std::function<void(const std::vector<std::string>&,
                             const std::vector<std::optional<std::string>>&)>& row) const {
  Connection connection(impl_->connection.file(), Access::read_only);
  register_imported_rows(connection.raw());
  // The first use of the function declares its table, which the authorizer would refuse.
  connection.execute("SELECT 1 FROM imported_rows(x'', '[]', x'', '')");
  sqlite3_set_authorizer(connection.raw(), authorize, nullptr);
  const auto statement = prepare_only(connection.raw(), sql);
  std::vector<std::string> columns;
  for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
    columns.emplace_back(sqlite3_column_name(statement.get(), i));
  }
  std::vector<std::optional<std::string>> values(columns.size());
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = value(statement.get(), static_cast<int>(i));
    }
    row(columns, values);
  }
  if (code != SQLITE_DONE) refuse(sqlite3_errmsg(connection.raw()));
}

}  // namespace timetrial::store
