#pragma once
// How the columns of an imported trial are packed into bytes, and found again.
//
//   curve   rows × float64 submission time, rows × int64 step, rows × float64 value
//   layout  a JSON list, one object per column of the log, in its order:
//             {"name": …, "in": "time" | "step" | "value"}   it is that part of the curve
//             {"name": …, "same": "<earlier name>"}           equal to a packed column, bit by bit
//             {"name": …, "constant": x}                      one value in every row (two rows or
//             more)
//             {"name": …}                                     packed
//   data    the packed columns, rows × float64 each, in the layout's order
// All little-endian; every number comes back bit by bit.

#include "harness/store/imported.h"

#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::store {

static_assert(std::endian::native == std::endian::little, "packed columns are little-endian");

struct PackedColumns {
  std::vector<std::byte> curve, data;
  std::string layout;
};

/// Packs into `packed`, whose memory is used again.
void pack(const ImportedTrial& trial, PackedColumns& packed);

/// A layout that was read: where each column is.
class ColumnLayout {
 public:
  /// Throws StoreError for a text that is no layout.
  explicit ColumnLayout(std::string_view json);

  std::size_t packed_columns() const { return packed_; }
  const std::vector<std::string>& names() const { return names_; }
  /// A value of column `column` (of names()). Needs curve and data of the sizes that belong to
  /// `rows`, which fits() says.
  double value(std::size_t column, std::size_t row, std::size_t rows,
               std::span<const std::byte> curve, std::span<const std::byte> data) const;
  bool fits(std::size_t rows, std::span<const std::byte> curve,
            std::span<const std::byte> data) const;
  /// Index of a column; nothing when the log lacks it.
  std::optional<std::size_t> find(std::string_view name) const;

 private:
  enum class Kind { time, step, value, constant, packed };
  struct Place {
    Kind kind = Kind::packed;
    double constant = 0;
    std::size_t at = 0;  ///< which packed column
  };
  std::vector<std::string> names_;
  std::vector<Place> places_;
  std::size_t packed_ = 0;
};

}  // namespace timetrial::store
