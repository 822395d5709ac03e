#include "harness/tomlfile/strict_table.h"

#include "harness/trial/error.h"
#include "harness/trial/suggest.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

namespace timetrial::tomlfile {

struct Document::Content {
  toml::table root;
};

namespace {

const toml::table& as_table(const void* table) { return *static_cast<const toml::table*>(table); }
const toml::node& as_node(const void* node) { return *static_cast<const toml::node*>(node); }

std::string place(const Document& document, const toml::source_region& source) {
  return fmt::format("{}:{}:{}", document.file_name(), source.begin.line, source.begin.column);
}

const char* type_name(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

[[noreturn]] void fail_type(const Document& document, const std::string& key,
                            const toml::node& node, const char* expected) {
  throw InputError(fmt::format("{}: '{}' is {}; expected {}", place(document, node.source()), key,
                               type_name(node.type()), expected));
}

}  // namespace

const void* Table::find(const std::string& key) {
  known_.insert(key);
  return as_table(table_).get(key);
}

const void* Table::require(const std::string& key) {
  const void* const node = find(key);
  if (node == nullptr) fail(key, fmt::format("'{}' is missing; add it to this table", key));
  return node;
}

bool Table::contains(const std::string& key) const { return as_table(table_).contains(key); }

std::string Table::text(const std::string& key) {
  const toml::node& node = as_node(require(key));
  if (!node.is_string()) fail_type(*document_, key, node, "a text in quotes");
  return node.as_string()->get();
}

bool Table::boolean(const std::string& key) {
  const toml::node& node = as_node(require(key));
  if (!node.is_boolean()) fail_type(*document_, key, node, "true or false");
  return node.as_boolean()->get();
}

double Table::number(const std::string& key, double min, double max) {
  const toml::node& node = as_node(require(key));
  if (!node.is_number()) fail_type(*document_, key, node, "a number");
  const double value = node.is_integer() ? static_cast<double>(node.as_integer()->get())
                                         : node.as_floating_point()->get();
  if (!std::isfinite(value) || value < min || value > max) {
    fail(key, fmt::format("{} = {} is out of range; use {} to {}", key, value, min, max));
  }
  return value;
}

std::int64_t Table::integer(const std::string& key, std::int64_t min, std::int64_t max) {
  const toml::node& node = as_node(require(key));
  if (!node.is_integer()) fail_type(*document_, key, node, "an integer");
  const std::int64_t value = node.as_integer()->get();
  if (value < min || value > max) {
    fail(key, fmt::format("{} = {} is out of range; use {} to {}", key, value, min, max));
  }
  return value;
}

Table Table::table(const std::string& key) {
  const toml::node& node = as_node(require(key));
  if (!node.is_table()) fail_type(*document_, key, node, "a table");
  return {node.as_table(), document_};
}

std::vector<Table> Table::tables(const std::string& key) {
  const toml::node& node = as_node(require(key));
  if (!node.is_array_of_tables()) fail_type(*document_, key, node, "a list of tables");
  std::vector<Table> tables;
  for (const toml::node& entry : *node.as_array()) tables.push_back({entry.as_table(), document_});
  return tables;
}

std::vector<std::string> Table::texts(const std::string& key) {
  const toml::node& node = as_node(require(key));
  if (!node.is_array()) fail_type(*document_, key, node, "a list of texts");
  std::vector<std::string> texts;
  for (const toml::node& entry : *node.as_array()) {
    if (!entry.is_string()) fail_type(*document_, key, entry, "a list of texts");
    texts.push_back(entry.as_string()->get());
  }
  return texts;
}

std::vector<std::int64_t> Table::integers(const std::string& key, std::int64_t min) {
  const toml::node& node = as_node(require(key));
  if (!node.is_array()) fail_type(*document_, key, node, "a list of integers");
  std::vector<std::int64_t> values;
  for (const toml::node& entry : *node.as_array()) {
    if (!entry.is_integer()) fail_type(*document_, key, entry, "a list of integers");
    values.push_back(entry.as_integer()->get());
    if (values.back() < min) {
      fail(key, fmt::format("{} has {}; use numbers from {} on", key, values.back(), min));
    }
  }
  return values;
}

std::vector<double> Table::number_list(const std::string& key, double min) {
  const toml::node& node = as_node(require(key));
  if (!node.is_array()) fail_type(*document_, key, node, "a list of numbers");
  std::vector<double> values;
  for (const toml::node& entry : *node.as_array()) {
    if (!entry.is_number()) fail_type(*document_, key, entry, "a list of numbers");
    values.push_back(entry.is_integer() ? static_cast<double>(entry.as_integer()->get())
                                        : entry.as_floating_point()->get());
    if (!std::isfinite(values.back()) || values.back() < min) {
      fail(key, fmt::format("{} has {}; use numbers from {} on", key, values.back(), min));
    }
  }
  return values;
}

std::map<std::string, double> Table::numbers() {
  std::map<std::string, double> values;
  for (const auto& entry : as_table(table_)) {
    const std::string key(entry.first.str());
    values[key] = number(key);
  }
  return values;
}

std::map<std::string, std::vector<double>> Table::number_lists() {
  std::map<std::string, std::vector<double>> lists;
  for (const auto& entry : as_table(table_)) {
    const std::string key(entry.first.str());
    lists[key] = number_list(key, -std::numeric_limits<double>::max());
    if (lists[key].empty()) fail(key, key + " is an empty list; give it a number");
  }
  return lists;
}

std::map<std::string, std::string> Table::word_map() {
  std::map<std::string, std::string> words;
  for (const auto& entry : as_table(table_)) {
    const std::string key(entry.first.str());
    words[key] = text(key);
  }
  return words;
}

void Table::refuse_others() const {
  for (const auto& [key, value] : as_table(table_)) {
    const std::string name(key.str());
    if (known_.count(name) != 0) continue;
    const std::vector<std::string> known(known_.begin(), known_.end());
    throw InputError(place(*document_, key.source()) + ": " + unknown_name("key", name, known));
  }
}

void Table::fail(const std::string& key, const std::string& problem) const {
  const toml::node* const node = as_table(table_).get(key);
  const auto& source = node != nullptr ? node->source() : as_table(table_).source();
  throw InputError(place(*document_, source) + ": " + problem);
}

Document::Document(std::string text, std::string file_name, std::unique_ptr<Content> content)
    : text_(std::move(text)), file_name_(std::move(file_name)), content_(std::move(content)) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;

Document Document::parse(const std::string& text, const std::string& file_name) {
  try {
    return {text, file_name, std::make_unique<Content>(Content{toml::parse(text, file_name)})};
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw InputError(fmt::format("{}:{}:{}: no valid TOML: {}", file_name, begin.line, begin.column,
                                 error.description()));
  }
}

Document Document::read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  // A missing file and a folder put nothing into the stream, which sets its failbit; so does an
  // empty file, which is no valid table of ours either.
  if (!text) {
    throw InputError(file.string() + ": cannot be read, or empty; check the path and permissions");
  }
  return parse(text.str(), file.string());
}

Table Document::root() const { return {&content_->root, this}; }

}  // namespace timetrial::tomlfile
