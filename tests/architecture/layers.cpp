#include "layers.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

namespace timetrial::architecture {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string path;
  int line = 0;
  bool angled = false;
};

constexpr std::array kRoots = {"include", "optim", "harness", "workloads", "scoring", "submissions"};

bool is_source(const fs::path& file) {
  static const std::set<std::string> kExtensions = {".h", ".hpp", ".cpp", ".cu", ".cuh", ".inl"};
  return kExtensions.contains(file.extension().string());
}

std::vector<Include> includes_of(const fs::path& file) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  std::ifstream in(file);
  std::string text;
  for (int line = 1; std::getline(in, text); ++line) {
    std::smatch match;
    if (std::regex_search(text, match, kInclude)) {
      includes.push_back({match[2], line, match[1] == "<"});
    }
  }
  return includes;
}

bool is_torch(const std::string& path) {
  return path.starts_with("torch/") || path.starts_with("ATen/") || path.starts_with("c10/");
}

/// The tree as the rules see it.
class Tree {
 public:
  Tree(const fs::path& root, const std::vector<Layer>& layers) : root_(root), layers_(layers) {
    for (const auto& file : source_files(root)) files_[file] = includes_of(root / file);
  }

  std::vector<std::string> violations() {
    for (const auto& [file, includes] : files_) {
      const auto layer = layer_of(file);
      if (!layer) {
        report(file, 1, "its folder is not in the layer table of docs/architecture.md");
        continue;
      }
      for (const auto& include : includes) check(file, *layer, include);
    }
    std::sort(found_.begin(), found_.end());
    return found_;
  }

 private:
  /// The longest row that covers the file: its folder, or a parent's "folder/*", or a parent.
  std::optional<Layer> layer_of(const std::string& file) const {
    for (auto folder = fs::path(file).parent_path(); !folder.empty();
         folder = folder.parent_path()) {
      const auto star = (folder.parent_path() / "*").string();
      for (const auto& wanted : {folder.string(), star}) {
        const auto row = std::find_if(layers_.begin(), layers_.end(),
                                      [&](const Layer& l) { return l.folder == wanted; });
        // "workloads/*" covers each family apart: families do not include one another.
        if (row != layers_.end()) return Layer{folder.string(), row->number, row->torch};
      }
    }
    return std::nullopt;
  }

  /// The file of this tree that an include names, relative to the root.
  std::optional<std::string> resolve(const std::string& from, const Include& include) const {
    const auto beside = (fs::path(from).parent_path() / include.path).lexically_normal().string();
    for (const auto& path : {include.path, "include/" + include.path, beside}) {
      if (files_.contains(path)) return path;
    }
    return std::nullopt;
  }

  void check(const std::string& file, const Layer& layer, const Include& include) {
    const auto named = "includes " + include.path;
    if (include.path.find("..") != std::string::npos) {
      report(file, include.line, named + "; name it from the root of the tree");
    }
    const auto target = resolve(file, include);
    const auto target_layer = target ? layer_of(*target) : std::nullopt;
    if (layer.folder.starts_with("submissions")) {
      check_submission(file, layer, include, target_layer);
    } else if (target_layer && target_layer->folder != layer.folder &&
               target_layer->number >= layer.number) {
      report(file, include.line,
             named + ": layer " + std::to_string(layer.number) + " may not include layer " +
                 std::to_string(target_layer->number) + " (" + target_layer->folder + ")");
    }
    if (!layer.torch && (is_torch(include.path) || (target && reaches_torch(*target)))) {
      report(file, include.line, named + ": " + layer.folder + " is free of LibTorch");
    }
  }

  void check_submission(const std::string& file, const Layer& layer, const Include& include,
                        const std::optional<Layer>& target) {
    const bool own = target && target->folder == layer.folder;
    const bool sdk = include.path.starts_with("timetrial/");
    const bool standard = include.angled && include.path.find_first_of("/.") == std::string::npos;
    if (own || sdk || standard || is_torch(include.path)) return;
    report(file, include.line, "includes " + include.path + ": a submission sees the SDK only");
  }

  bool reaches_torch(const std::string& file) {
    const auto known = reaches_.find(file);
    if (known != reaches_.end()) return known->second;
    reaches_[file] = false;  // ends cycles
    for (const auto& include : files_.at(file)) {
      const auto target = resolve(file, include);
      if (is_torch(include.path) || (target && reaches_torch(*target)))
        return reaches_[file] = true;
    }
    return false;
  }

  void report(const std::string& file, int line, const std::string& what) {
    found_.push_back(file + ":" + std::to_string(line) + ": " + what);
  }

  fs::path root_;
  std::vector<Layer> layers_;
  std::map<std::string, std::vector<Include>> files_;
  std::map<std::string, bool> reaches_;
  std::vector<std::string> found_;
};

Layer parse_line(const std::string& line) {
  std::istringstream words(line);
  Layer layer;
  std::string mark;
  if (!(words >> layer.number >> layer.folder)) {
    throw std::runtime_error("layer table: '" + line + "' is not 'number folder [torch]'");
  }
  if (words >> mark) {
    if (mark != "torch") throw std::runtime_error("layer table: unknown mark '" + mark + "'");
    layer.torch = true;
  }
  return layer;
}

}  // namespace

std::vector<Layer> parse_layers(const std::string& document) {
  std::vector<Layer> layers;
  bool inside = false;
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    if (line == "```layers") {
      inside = true;
    } else if (inside && line == "```") {
      return layers;
    } else if (inside) {
      layers.push_back(parse_line(line));
    }
  }
  throw std::runtime_error("layer table: no block between ```layers and ```");
}

std::vector<std::string> source_files(const fs::path& root) {
  std::vector<std::string> files;
  for (const auto* folder : kRoots) {
    if (!fs::is_directory(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (is_source(entry.path())) {
        files.push_back(entry.path().lexically_relative(root).generic_string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> violations(const fs::path& root, const std::vector<Layer>& layers) {
  return Tree(root, layers).violations();
}

}  // namespace timetrial::architecture
