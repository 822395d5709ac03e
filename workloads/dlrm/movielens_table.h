#pragma once
// The text tables of MovieLens 100k as the recbole package ships them (ml-100k.inter, .user,
// .item): tab-separated, first line "name:type" per column.
//
// Errors  DataError: one line with file, line, what was expected and the remedy

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace timetrial::dlrm {

struct Interaction {
  std::int64_t user = 0, item = 0;  ///< numbers as in the files
  int rating = 0;                   ///< 1 to 5
  std::int64_t time = 0;            ///< seconds since 1970-01-01 UTC
};

struct User {
  std::int64_t id = 0;
  int age = 0;
  std::string gender, occupation, zip;
};

struct Item {
  std::int64_t id = 0;
  int year = 0;                     ///< 0 where the file has none
  std::vector<std::string> genres;  ///< at least one
};

/// Rows in the order of the text. `name` is the file's name in messages.
std::vector<Interaction> parse_interactions(std::istream& in, const std::string& name);
std::vector<User> parse_users(std::istream& in, const std::string& name);
std::vector<Item> parse_items(std::istream& in, const std::string& name);

struct Tables {
  std::vector<Interaction> interactions;
  std::vector<User> users;
  std::vector<Item> items;
};

/// All three files of a folder.
Tables read_tables(const std::filesystem::path& folder);

/// Where they are in the folder of unpacked packages.
std::filesystem::path packaged_folder(const std::filesystem::path& packages);

}  // namespace timetrial::dlrm
