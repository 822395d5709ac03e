// Text that data sets are made from.
#include "tests/fuzz/choice.h"
#include "tests/fuzz/data_readers.h"
#include "tests/fuzz/temporary_folder.h"
#include "workloads/asterisk/transcripts.h"
#include "workloads/data/criteo.h"
#include "workloads/dlrm/movielens_table.h"
#include "workloads/gnn/chemicals_table.h"
#include "workloads/imagenet/layout.h"
#include "workloads/lm/gcide.h"
#include "workloads/transformer/help_page.h"
#include "workloads/transformer/mo_file.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace timetrial::fuzz {
namespace {

std::istringstream stream(std::string_view bytes) { return std::istringstream(std::string(bytes)); }

void read_ratings(std::string_view bytes) {
  auto in = stream(bytes);
  for (const auto& row : dlrm::parse_interactions(in, "f")) {
    require(row.user > 0 && row.item > 0 && row.rating >= 1 && row.rating <= 5, "a rating");
  }
}

void read_users(std::string_view bytes) {
  auto in = stream(bytes);
  for (const auto& row : dlrm::parse_users(in, "f")) require(row.id > 0, "a user");
}

void read_films(std::string_view bytes) {
  auto in = stream(bytes);
  for (const auto& row : dlrm::parse_items(in, "f")) require(!row.genres.empty(), "a genre");
}

void read_substances(std::string_view bytes) {
  for (const auto& substance : gnn::parse_substances(bytes, "f")) {
    require(substance.cas > 0 && !substance.smiles.empty(), "a substance");
  }
}

void read_inventory(std::string_view bytes) {
  const gnn::InventoryFormat formats[] = {
      {}, {.header = "CASRN\tRegistry", .registry = "0"}, {.may_lack_cas = true}};
  for (const auto& format : formats) {
    try {
      for (const auto cas : gnn::parse_inventory(bytes, format, "f")) require(cas > 0, "a number");
    } catch (const InputError& error) {
      require_one_line(error);
    }
  }
}

/// The index, an empty line, the dictionary.
void read_dictionary(std::string_view bytes) {
  const auto end = std::min(bytes.find("\n\n"), bytes.size());
  const auto index = lm::parse_index(bytes.substr(0, end), "f");
  const std::string dictionary(bytes.substr(end));
  std::size_t size = 0;
  for (const auto& document : lm::make_documents(dictionary, index, "f")) {
    require(!document.text.empty(), "an entry");
    size += document.text.size();
  }
  require(size <= dictionary.size(), "entries are no larger than their dictionary");
}

void read_catalogue(std::string_view bytes) {
  std::size_t size = 0;
  for (const auto& message : transformer::parse_messages(bytes, "f")) {
    require(!message.text.empty() || message.translation.size() <= bytes.size(), "a message");
    size += message.text.size() + message.translation.size();
  }
  require(size <= bytes.size(), "messages are no larger than their file");
}

void read_help_page(std::string_view bytes) {
  for (const auto& [id, text] : transformer::paragraphs(bytes)) {
    require(!id.empty() && text.size() <= bytes.size(), "a paragraph");
  }
}

void read_spoken_list(std::string_view bytes) {
  for (const auto& line : asterisk::parse_list(bytes, "f")) {
    const auto words = asterisk::spoken(line.text);
    require(!words || (!words->empty() && words->back() != ' '), "words");
  }
}

void read_clicks(std::string_view bytes) {
  const auto row = data::parse_criteo_row(bytes.substr(0, bytes.find('\n')), "f");
  require(std::ranges::all_of(row.inputs, [](float x) { return std::isfinite(x); }) &&
              std::isfinite(row.target),
          "numbers are finite");
}

void read_image_classes(std::string_view bytes) {
  static const TemporaryFolder folder;
  folder.write("val/a.JPEG", "");
  folder.write("LOC_val_solution.csv", bytes);
  const auto listing = imagenet::list_validation(folder.path(), {"n1", "n2"});
  require(listing.count() == 1 && (listing.labels[0] == 0 || listing.labels[0] == 1), "a label");
}

}  // namespace

void read_table(std::string_view bytes) {
  static constexpr Reader kReaders[] = {read_ratings,    read_users,        read_films,
                                        read_substances, read_inventory,    read_dictionary,
                                        read_catalogue,  read_help_page,    read_spoken_list,
                                        read_clicks,     read_image_classes};
  read_by_first_byte(bytes, kReaders);
}

}  // namespace timetrial::fuzz
