#include "workloads/gnn/chemicals_table.h"

#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>

#include "workloads/data/gzip.h"
#include "workloads/data/zip.h"
#include "workloads/workload.h"

namespace timetrial::gnn {
namespace {

constexpr const char* kRemedy = "; unpack the package chemicals again (scripts/setup.sh)";

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw workloads::DataError(place + ": " + what + kRemedy);
}

/// Calls take(line, number) for each line, without its end.
void for_each_line(std::string_view text,
                   const std::function<void(std::string_view, std::size_t)>& take) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take(line, number);
  }
}

/// The column (from 0) of a tab separated line; nothing beyond the last one.
std::string_view column(std::string_view line, int index) {
  for (; index > 0; --index) {
    const std::size_t tab = line.find('\t');
    if (tab == line.npos) return {};
    line.remove_prefix(tab + 1);
  }
  return line.substr(0, line.find('\t'));
}

std::string place(const std::string& name, std::size_t line) {
  return name + ":" + std::to_string(line);
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) refuse(file.string(), "cannot be read");
  return std::move(text).str();
}

std::string read_any(const std::filesystem::path& file) {
  const std::string extension = file.extension();
  if (extension == ".gz") return data::read_gzip(file);
  return extension == ".zip" ? data::read_zip(file, kRemedy) : read_text(file);
}

struct InventoryFile {
  const char* file;
  std::size_t numbers;  // different CAS numbers in chemicals 1.5.2
  InventoryFormat format;
};

const std::array<InventoryFile, kInventories.size()>& inventory_files() {
  static const std::array<InventoryFile, kInventories.size()> files = {{
      {"EINECS 2015-03.csv.gz", 100203, {.header = "CASRN"}},
      {"TSCA Inventory 2016-01.csv.gz",
       67635,
       {.header = "CASRN\tUV\tE\tF\tN\tP\tS\tR\tT\tXU\tSP\tTP\tY1\tY2"}},
      {"SPIN Inventory 2015-03.csv.gz", 26023, {.header = "CASRN"}},
      // Registry 1 is the list of what is not in commerce in Canada.
      {"Canada Feb 11 2015 - DSL.csv.gz", 24749, {.header = "CASRN\tRegistry", .registry = "0"}},
      {"EPA Chemical Data Reporting - 2012.csv.gz",
       7236,
       {.header = "CASRN\tDomestic\tImported\tExported"}},
      {"ECHA Tonnage Bands.csv.zip", 7415, {.may_lack_cas = true}},
      {"HPV 2015 March 3.csv", 5067, {}},
  }};
  return files;
}

void expect_count(const std::filesystem::path& file, std::size_t found, std::size_t expected) {
  const auto difference = std::fabs(static_cast<double>(found) - static_cast<double>(expected));
  if (difference <= 0.02 * static_cast<double>(expected)) return;
  refuse(file.string(), "holds " + std::to_string(found) + " substances, expected about " +
                            std::to_string(expected));
}

}  // namespace

std::int64_t parse_cas(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '-') digits += c;
  }
  std::int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value);
  const auto hyphens = text.size() - digits.size();
  const bool hyphenated = hyphens == 2 && text.size() >= 7 && text[text.size() - 2] == '-' &&
                          text[text.size() - 5] == '-';
  const bool valid =
      result.ec == std::errc() && result.ptr == end && value > 0 && (hyphens == 0 || hyphenated);
  return valid ? value : -1;
}

std::vector<Substance> parse_substances(std::string_view text, const std::string& name) {
  std::vector<Substance> substances;
  for_each_line(text, [&](std::string_view line, std::size_t number) {
    Substance substance{parse_cas(column(line, 1)), std::string(column(line, 4))};
    if (substance.cas < 0 || substance.smiles.empty()) {
      refuse(place(name, number),
             "expected a CAS number in the second column and SMILES in the fifth, got '" +
                 std::string(line.substr(0, 60)) + "'");
    }
    substances.push_back(std::move(substance));
  });
  return substances;
}

CasNumbers parse_inventory(std::string_view text, const InventoryFormat& format,
                           const std::string& name) {
  CasNumbers numbers;
  std::size_t rows = 0, without = 0;
  for_each_line(text, [&](std::string_view line, std::size_t number) {
    if (number == 1 && !format.header.empty()) {
      if (line == format.header) return;
      refuse(place(name, 1), "expected the columns '" + format.header + "', got '" +
                                 std::string(line.substr(0, 60)) + "'");
    }
    ++rows;
    const std::int64_t cas = parse_cas(column(line, 0));
    if (cas < 0 && !format.may_lack_cas) {
      refuse(place(name, number), "expected a CAS number in the first column, got '" +
                                      std::string(line.substr(0, 60)) + "'");
    }
    without += cas < 0;
    const bool listed = format.registry.empty() || column(line, 1) == format.registry;
    if (cas >= 0 && listed) numbers.insert(cas);
  });
  if (100 * without > rows) {
    refuse(name, std::to_string(without) + " of " + std::to_string(rows) +
                     " rows have no CAS number, expected at most one in a hundred");
  }
  return numbers;
}

std::array<std::int8_t, kInventories.size()> Chemicals::labels(std::int64_t cas) const {
  std::array<std::int8_t, kInventories.size()> result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = inventories[i].contains(cas);
  return result;
}

Chemicals read_chemicals(const std::filesystem::path& package) {
  Chemicals chemicals;
  constexpr std::pair<const char*, std::size_t> kStructures[] = {
      {"chemical identifiers pubchem large.tsv", 71347},
      {"chemical identifiers pubchem small.tsv", 1815}};
  for (const auto& [name, rows] : kStructures) {
    const auto file = package / "chemicals" / "Identifiers" / name;
    auto substances = parse_substances(read_text(file), file.string());
    expect_count(file, substances.size(), rows);
    chemicals.substances.insert(chemicals.substances.end(), substances.begin(), substances.end());
  }
  for (std::size_t i = 0; i < kInventories.size(); ++i) {
    const InventoryFile& inventory = inventory_files()[i];
    const auto file = package / "chemicals" / "Law" / inventory.file;
    chemicals.inventories[i] = parse_inventory(read_any(file), inventory.format, file.string());
    expect_count(file, chemicals.inventories[i].size(), inventory.numbers);
  }
  return chemicals;
}

}  // namespace timetrial::gnn
