#pragma once
// The tables of the Python package chemicals that a molecule's labels come from: structures by CAS
// number, and the official inventories that a substance may be on.
//
// Structures  chemicals/Identifiers/chemical identifiers pubchem {large,small}.tsv: no header; tab
//             separated PubChem id, CAS number, formula, weight, SMILES, ...
// Inventories chemicals/Law: seven lists of CAS numbers, in the order of kInventories
// Errors      DataError: one line with file, line, what was expected and the remedy

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace timetrial::gnn {

/// What is asked of a molecule, one task each: is the substance on the list? EINECS: on the
/// European market before 1981; TSCA: in commerce in the United States; SPIN: in Nordic products;
/// DSL: in commerce in Canada; CDR: made or imported in the United States in 2012; ECHA: registered
/// with a tonnage in Europe; HPV: made in high volume.
inline constexpr std::array<const char*, 7> kInventories = {"EINECS", "TSCA", "SPIN", "DSL",
                                                            "CDR",    "ECHA", "HPV"};

struct Substance {
  std::int64_t cas = 0;  ///< the CAS number's digits, "50-00-0" as 50000
  std::string smiles;
};

/// Digits with or without CAS's two hyphens; -1 for anything else.
std::int64_t parse_cas(std::string_view text);

/// Rows in the order of the text. `name` is the file's name in messages.
std::vector<Substance> parse_substances(std::string_view text, const std::string& name);

using CasNumbers = std::unordered_set<std::int64_t>;

/// How a list is written. Columns are separated by tabs, the first one is the CAS number.
struct InventoryFormat {
  std::string header = {};    ///< the first line; empty: there is none
  std::string registry = {};  ///< only rows whose second column is this; empty: all
  bool may_lack_cas = false;  ///< up to one row in a hundred names substances without a number
};

CasNumbers parse_inventory(std::string_view text, const InventoryFormat& format,
                           const std::string& name);

struct Chemicals {
  std::vector<Substance> substances;
  std::array<CasNumbers, kInventories.size()> inventories;

  /// 1 where the substance is on the list, in the order of kInventories.
  std::array<std::int8_t, kInventories.size()> labels(std::int64_t cas) const;
};

/// `package` is the folder that the wheel was unpacked to. Throws DataError also when a table's
/// number of rows is more than 2 % off that of chemicals 1.5.2.
Chemicals read_chemicals(const std::filesystem::path& package);

}  // namespace timetrial::gnn
