// See sqlite.org/vtab.html: an eponymous virtual table, whose hidden columns are its arguments.
#include "harness/store/imported_rows.h"

#include "harness/store/packed_columns.h"

#include <sqlite3.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace timetrial::store {
namespace {

enum Column {
  kOrdinal,
  kStep,
  kSubmissionTime,
  kEvaluationTime,
  kTotalTime,
  kValidation,
  kTest,
  kCurve,  // the arguments, hidden
  kLayout,
  kData,
  kMetric,
};
constexpr char kDeclaration[] =
    "CREATE TABLE t(ordinal INTEGER, step INTEGER, submission_time_s REAL, evaluation_time_s REAL, "
    "total_time_s REAL, validation REAL, test REAL, curve HIDDEN, layout HIDDEN, data HIDDEN, "
    "metric HIDDEN)";
constexpr std::size_t kArguments = 4;
constexpr std::size_t kRowBytes = 24;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(sqlite3_value* value) {
  const auto* begin = static_cast<const std::byte*>(sqlite3_value_blob(value));
  return begin == nullptr ? Bytes() : Bytes(begin, begin + sqlite3_value_bytes(value));
}

std::string text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text == nullptr ? "" : text;
}

/// SQLite's base is the first member, and the object's address: it is not virtual.
struct Cursor {
  sqlite3_vtab_cursor base{};
  Bytes curve, data;
  std::string layout_text;
  std::optional<ColumnLayout> layout;  ///< kept while trials have the same
  std::optional<std::size_t> evaluation_time, total_time, validation, test;
  std::size_t rows = 0, row = 0;

  void open(sqlite3_value** arguments) {
    curve = bytes_of(arguments[0]);
    data = bytes_of(arguments[2]);
    rows = curve.size() / kRowBytes;
    row = 0;
    auto text = text_of(arguments[1]);
    if (!layout || text != layout_text) {
      layout.emplace(text);
      layout_text = std::move(text);
    }
    if (!layout->fits(rows, curve, data)) throw StoreError("imported_rows: sizes do not fit");
    const auto metric = text_of(arguments[3]);
    evaluation_time = layout->find("accumulated_eval_time");
    total_time = layout->find("total_duration");
    validation = layout->find("validation/" + metric);
    test = layout->find("test/" + metric);
  }
  double read(std::size_t column) const { return layout->value(column, row, rows, curve, data); }
};

Cursor& cursor_of(sqlite3_vtab_cursor* base) { return *reinterpret_cast<Cursor*>(base); }

int connect(sqlite3* database, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  const int code = sqlite3_declare_vtab(database, kDeclaration);
  if (code != SQLITE_OK) return code;
  *table = new (std::nothrow) sqlite3_vtab{};
  if (*table == nullptr) return SQLITE_NOMEM;
  sqlite3_vtab_config(database, SQLITE_VTAB_INNOCUOUS);
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}

/// All four arguments, in order; without them there is nothing to unpack.
int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  std::array<bool, kArguments> given{};
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn < kCurve || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    const int argument = constraint.iColumn - kCurve;
    given[static_cast<std::size_t>(argument)] = true;
    info->aConstraintUsage[i].argvIndex = argument + 1;
    info->aConstraintUsage[i].omit = 1;
  }
  for (const bool one : given) {
    if (!one) return SQLITE_CONSTRAINT;
  }
  constexpr double kTypicalRows = 60;
  info->estimatedCost = kTypicalRows;
  info->estimatedRows = static_cast<sqlite3_int64>(kTypicalRows);
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  auto* made = new (std::nothrow) Cursor;
  if (made == nullptr) return SQLITE_NOMEM;
  *cursor = &made->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete &cursor_of(cursor);
  return SQLITE_OK;
}

/// Called from C: nothing may be thrown out of it.
int filter(sqlite3_vtab_cursor* cursor, int, const char*, int count, sqlite3_value** arguments) {
  if (count != static_cast<int>(kArguments)) return SQLITE_MISUSE;
  try {
    cursor_of(cursor).open(arguments);
    return SQLITE_OK;
  } catch (const std::exception& error) {
    sqlite3_free(cursor->pVtab->zErrMsg);
    cursor->pVtab->zErrMsg = sqlite3_mprintf("%s", error.what());
    return SQLITE_ERROR;
  }
}

int next(sqlite3_vtab_cursor* cursor) {
  ++cursor_of(cursor).row;
  return SQLITE_OK;
}

int eof(sqlite3_vtab_cursor* cursor) {
  const auto& at = cursor_of(cursor);
  return at.row >= at.rows ? 1 : 0;
}

void result(sqlite3_context* context, const Cursor& cursor, std::optional<std::size_t> column) {
  if (column) sqlite3_result_double(context, cursor.read(*column));  // NaN becomes NULL
}

int column(sqlite3_vtab_cursor* base, sqlite3_context* context, int index) {
  const auto& cursor = cursor_of(base);
  const CurveBytes curve{.bytes = cursor.curve, .rows = cursor.rows};
  switch (index) {
    case kOrdinal:
      sqlite3_result_int64(context, static_cast<sqlite3_int64>(cursor.row));
      break;
    case kStep:
      sqlite3_result_int64(context, curve.step(cursor.row));
      break;
    case kSubmissionTime:
      sqlite3_result_double(context, curve.time(cursor.row));
      break;
    case kEvaluationTime:
      result(context, cursor, cursor.evaluation_time);
      break;
    case kTotalTime:
      result(context, cursor, cursor.total_time);
      break;
    case kValidation:
      result(context, cursor, cursor.validation);
      break;
    case kTest:
      result(context, cursor, cursor.test);
      break;
    default:
      break;  // an argument: NULL
  }
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(cursor_of(cursor).row);
  return SQLITE_OK;
}

const sqlite3_module& module() {
  static const sqlite3_module made = [] {
    sqlite3_module m{};
    m.xConnect = connect;  // no xCreate: there is nothing to create
    m.xBestIndex = best_index;
    m.xDisconnect = disconnect;
    m.xOpen = open;
    m.xClose = close;
    m.xFilter = filter;
    m.xNext = next;
    m.xEof = eof;
    m.xColumn = column;
    m.xRowid = row_id;
    return m;
  }();
  return made;
}

}  // namespace

void register_imported_rows(sqlite3* database) {
  if (sqlite3_create_module(database, "imported_rows", &module(), nullptr) != SQLITE_OK) {
    throw StoreError(std::string("imported_rows: ") + sqlite3_errmsg(database));
  }
}

}  // namespace timetrial::store
