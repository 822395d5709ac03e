#include "workloads/gnn/molpcba.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/gzip_lines.h"
#include "workloads/data/preparation.h"
#include "workloads/gnn/gnn.h"
#include "workloads/gnn/molecule_set.h"
#include "workloads/workload.h"

namespace timetrial::gnn {
namespace {

using data::GzipLines;

constexpr const char* kRemedy = "; docs/data/ogbg.md says how the folder must lie";
constexpr std::int64_t kMostAtoms = std::numeric_limits<std::int16_t>::max();

enum class Part : std::uint8_t { none, training, validation, test };

/// The next line's numbers, separated by commas; one that is not in [0, most] is refused.
template <typename T, std::size_t count>
std::array<T, count> numbers(GzipLines& lines, std::int64_t most) {
  std::string_view line = lines.next();
  std::array<T, count> result{};
  const char *at = line.data(), *end = line.data() + line.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t value = -1;
    const auto parsed = std::from_chars(at, end, value);
    const bool whole = parsed.ec == std::errc() && value >= 0 && value <= most;
    const bool ends = i + 1 < count ? parsed.ptr != end && *parsed.ptr == ',' : parsed.ptr == end;
    if (!whole || !ends) {
      lines.refuse("expected " + std::to_string(count) + " whole numbers from 0 to " +
                   std::to_string(most) + ", got '" + std::string(line.substr(0, 60)) + "'");
    }
    result[i] = static_cast<T>(value);
    at = parsed.ptr + 1;
  }
  return result;
}

/// 1, 0, or nothing at all: "1.0", "0.0", "nan" or "".
std::int8_t label(std::string_view text) {
  if (text.empty() || text == "nan") return kUnknownLabel;
  if (text == "0.0" || text == "0") return 0;
  return text == "1.0" || text == "1" ? 1 : 2;
}

std::vector<std::int8_t> labels(GzipLines& lines) {
  std::string_view line = lines.next();
  std::vector<std::int8_t> result;
  for (std::string_view rest = line;;) {
    const std::size_t comma = rest.find(',');
    result.push_back(label(rest.substr(0, comma)));
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (std::ssize(result) != kMolpcbaTasks || std::ranges::find(result, 2) != result.end()) {
    lines.refuse("expected " + std::to_string(kMolpcbaTasks) +
                 " labels, each 0.0, 1.0 or nan, got '" + std::string(line.substr(0, 60)) + "'");
  }
  return result;
}

GzipLines open(const std::filesystem::path& source, const char* folder, const char* name) {
  return {source / folder / (std::string(name) + ".csv.gz"), kRemedy};
}

std::vector<std::int64_t> sizes(const std::filesystem::path& source, const char* name,
                                std::int64_t most) {
  GzipLines lines = open(source, "raw", name);
  std::vector<std::int64_t> result;
  std::string_view line;
  while (lines.next(line)) {
    std::int64_t value = -1;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != line.data() + line.size() || value < 0 ||
        value > most) {
      lines.refuse("expected a whole number from 0 to " + std::to_string(most) + ", got '" +
                   std::string(line.substr(0, 60)) + "'");
    }
    result.push_back(value);
  }
  return result;
}

struct Sizes {
  std::vector<std::int64_t> nodes, bonds;
};

Sizes read_sizes(const std::filesystem::path& source) {
  Sizes all{sizes(source, "num-node-list", kMostAtoms),
            sizes(source, "num-edge-list", std::numeric_limits<std::int32_t>::max())};
  if (all.nodes.size() != all.bonds.size() || all.nodes.empty()) {
    throw workloads::DataError(
        (source / "raw").string() + ": num-node-list.csv.gz lists " +
        std::to_string(all.nodes.size()) + " molecules, num-edge-list.csv.gz " +
        std::to_string(all.bonds.size()) + "; expected as many of each" + kRemedy);
  }
  return all;
}

/// Where each molecule belongs. One that no split names is in none.
std::vector<Part> read_parts(const std::filesystem::path& source, std::size_t molecules) {
  std::vector<Part> parts(molecules, Part::none);
  for (const auto& [name, part] :
       {std::pair{"train", Part::training}, {"valid", Part::validation}, {"test", Part::test}}) {
    GzipLines lines = open(source, "split/scaffold", name);
    std::string_view line;
    while (lines.next(line)) {
      std::size_t index = 0;
      const auto parsed = std::from_chars(line.data(), line.data() + line.size(), index);
      if (parsed.ec != std::errc() || parsed.ptr != line.data() + line.size() ||
          index >= molecules) {
        lines.refuse("expected a molecule from 0 to " + std::to_string(molecules - 1) + ", got '" +
                     std::string(line.substr(0, 60)) + "'");
      }
      if (parts[index] != Part::none) {
        lines.refuse("molecule " + std::to_string(index) + " is in the splits twice");
      }
      parts[index] = part;
    }
    if (lines.number() == 0) lines.refuse("names no molecule");
  }
  return parts;
}

/// Walks through the raw files, one molecule at a time.
class RawMolecules {
 public:
  explicit RawMolecules(const std::filesystem::path& source)
      : nodes_(open(source, "raw", "node-feat")),
        bonds_(open(source, "raw", "edge")),
        edges_(open(source, "raw", "edge-feat")),
        labels_(open(source, "raw", "graph-label")) {}

  void skip(std::int64_t nodes, std::int64_t bonds) {
    for (std::int64_t i = 0; i < nodes; ++i) nodes_.next();
    for (std::int64_t i = 0; i < bonds; ++i) bonds_.next(), edges_.next();
    labels_.next();
  }

  void add_to(MoleculeSetBuilder& set, std::int64_t nodes, std::int64_t bonds) {
    constexpr std::int64_t kMost = std::numeric_limits<std::uint8_t>::max();
    atoms_.clear();
    pairs_.clear();
    for (std::int64_t i = 0; i < nodes; ++i) {
      atoms_.push_back(numbers<std::uint8_t, kNodeFeatures>(nodes_, kMost));
    }
    for (std::int64_t i = 0; i < bonds; ++i) {
      const auto ends = numbers<std::int16_t, 2>(bonds_, nodes - 1);
      pairs_.push_back({ends[0], ends[1], numbers<std::uint8_t, kEdgeFeatures>(edges_, kMost)});
    }
    set.add(atoms_, pairs_, labels(labels_));
  }

  void expect_end() {
    std::string_view line;
    for (GzipLines* lines : {&nodes_, &bonds_, &edges_, &labels_}) {
      if (lines->next(line)) lines->refuse("has more lines than the lists of sizes say");
    }
  }

 private:
  GzipLines nodes_, bonds_, edges_, labels_;
  std::vector<AtomFeatures> atoms_;
  std::vector<BondFeatures> pairs_;
};

MoleculeSet read_part(const std::filesystem::path& source, const Sizes& sizes,
                      const std::vector<Part>& parts, Part part, data::Preparation& preparation) {
  MoleculeSetBuilder set(kMolpcbaTasks);
  RawMolecules raw(source);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == part) {
      raw.add_to(set, sizes.nodes[i], sizes.bonds[i]);
      preparation.advance();
    } else {
      raw.skip(sizes.nodes[i], sizes.bonds[i]);
    }
  }
  raw.expect_end();
  return set.finish();
}

MoleculeSet spread(const MoleculeSet& set, std::int64_t count) {
  MoleculeSetBuilder subset(set.tasks());
  for (std::int64_t i = 0; i < count; ++i) subset.add(set, i * set.size() / count);
  return subset.finish();
}

}  // namespace

void prepare_molpcba(const std::filesystem::path& source, const std::filesystem::path& out) {
  const Sizes sizes = read_sizes(source);
  const auto parts = read_parts(source, sizes.nodes.size());
  const auto count = [&](Part part) { return std::ranges::count(parts, part); };
  const std::int64_t training = count(Part::training), validation = count(Part::validation);
  const std::int64_t subset = std::min(validation, training);
  data::Preparation preparation(out, "molecules",
                                training + validation + count(Part::test) + subset);
  const std::filesystem::path train = "training/train.safetensors";
  const auto write = [&](const std::filesystem::path& name, Part part) {
    preparation.file(name, count(part), [&](const std::filesystem::path& partial) {
      write_molecules(partial, read_part(source, sizes, parts, part, preparation));
    });
  };
  write(train, Part::training);
  write("held_back/validation.safetensors", Part::validation);
  write("held_back/test.safetensors", Part::test);
  preparation.file("held_back/train_subset.safetensors", subset, [&](const auto& partial) {
    write_molecules(
        partial,
        spread(open_molecules(out / train, kMolpcbaTasks, "timetrial data prepare ogbg"), subset));
  });
}

std::uint64_t bytes_of_molpcba(const std::filesystem::path& source) {
  const Sizes sizes = read_sizes(source);
  const auto parts = read_parts(source, sizes.nodes.size());
  std::uint64_t bytes = 0, validation = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == Part::none) continue;
    const auto one = static_cast<std::uint64_t>(
        kNodeFeatures * sizes.nodes[i] + (4 + kEdgeFeatures) * sizes.bonds[i] + kMolpcbaTasks + 16);
    bytes += one;
    validation += parts[i] == Part::validation ? one : 0;
  }
  return bytes + validation;  // the subset of training is about as large as validation
}

}  // namespace timetrial::gnn
