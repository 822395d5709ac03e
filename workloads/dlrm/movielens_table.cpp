#include "workloads/dlrm/movielens_table.h"

#include <charconv>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "workloads/workload.h"

namespace timetrial::dlrm {
namespace {

constexpr const char* kRemedy = "; unpack the package recbole again (scripts/setup.sh)";

using Row = std::vector<std::string>;

Row split(const std::string& line, char separator) {
  Row fields(1);
  for (const char c : line) {
    if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

/// Calls `take` with the fields of each row; its std::invalid_argument becomes a DataError with
/// file and line.
void for_each_row(std::istream& in, const std::string& name, const std::string& header,
                  const std::function<void(const Row&)>& take) {
  std::string line;
  if (!std::getline(in, line) || line != header) {
    throw workloads::DataError(name + ":1: expected the columns '" + header + "', got '" +
                               line.substr(0, 80) + "'" + kRemedy);
  }
  const std::size_t columns = split(header, '\t').size();
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    try {
      const Row row = split(line, '\t');
      if (row.size() != columns) {
        throw std::invalid_argument("expected " + std::to_string(columns) + " columns, got " +
                                    std::to_string(row.size()));
      }
      take(row);
    } catch (const std::invalid_argument& error) {
      throw workloads::DataError(name + ":" + std::to_string(number) + ": " + error.what() +
                                 kRemedy);
    }
  }
}

std::int64_t whole_number(const std::string& text, const char* what, std::int64_t low,
                          std::int64_t high) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end || value < low || value > high) {
    throw std::invalid_argument(std::string(what) + " is '" + text + "', expected a number from " +
                                std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

constexpr std::int64_t kMaxId = 1 << 20;
constexpr std::int64_t kMaxTime = std::int64_t{1} << 33;

/// Two films have no year ("V", "unkonwn"); those count as 0.
int year_or_zero(const std::string& text) {
  int value = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end && value >= 1800 && value <= 2100 ? value
                                                                                         : 0;
}

template <typename Parse>
auto read(const std::filesystem::path& file, const Parse& parse) {
  std::ifstream in(file);
  if (!in) throw workloads::DataError(file.string() + ": cannot be read" + kRemedy);
  return parse(in, file.string());
}

}  // namespace

std::vector<Interaction> parse_interactions(std::istream& in, const std::string& name) {
  std::vector<Interaction> rows;
  for_each_row(in, name, "user_id:token\titem_id:token\trating:float\ttimestamp:float",
               [&](const Row& row) {
                 rows.push_back({whole_number(row[0], "user_id", 1, kMaxId),
                                 whole_number(row[1], "item_id", 1, kMaxId),
                                 static_cast<int>(whole_number(row[2], "rating", 1, 5)),
                                 whole_number(row[3], "timestamp", 0, kMaxTime)});
               });
  return rows;
}

std::vector<User> parse_users(std::istream& in, const std::string& name) {
  std::vector<User> rows;
  for_each_row(in, name, "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token",
               [&](const Row& row) {
                 rows.push_back({whole_number(row[0], "user_id", 1, kMaxId),
                                 static_cast<int>(whole_number(row[1], "age", 0, 150)), row[2],
                                 row[3], row[4]});
               });
  return rows;
}

std::vector<Item> parse_items(std::istream& in, const std::string& name) {
  std::vector<Item> rows;
  for_each_row(in, name,
               "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq",
               [&](const Row& row) {
                 if (row[3].empty()) throw std::invalid_argument("class is empty");
                 rows.push_back({whole_number(row[0], "item_id", 1, kMaxId), year_or_zero(row[2]),
                                 split(row[3], ' ')});
               });
  return rows;
}

Tables read_tables(const std::filesystem::path& folder) {
  return {read(folder / "ml-100k.inter", parse_interactions),
          read(folder / "ml-100k.user", parse_users), read(folder / "ml-100k.item", parse_items)};
}

std::filesystem::path packaged_folder(const std::filesystem::path& packages) {
  return packages / "recbole" / "recbole" / "dataset_example" / "ml-100k";
}

}  // namespace timetrial::dlrm
