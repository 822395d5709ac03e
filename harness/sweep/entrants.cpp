#include "harness/sweep/entrants.h"

#include "harness/submission_file/record.h"
#include "harness/sweep/selection.h"
#include "harness/trial/error.h"
#include "harness/trial/sha256.h"
#include "harness/tuning/space_files.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace timetrial::sweep {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Whether a glob means this submission: one that is tuned in the way that was asked for.
bool is_tuned_so(const Request& request, const fs::path& library) {
  if (request.point) return true;
  const bool has_space = tuning::own_search_space(library).has_value();
  if (tunes_itself(request)) return !has_space;
  if (!request.search_space) return has_space;
  if (tuning::is_search_space_file(*request.search_space)) return true;
  const auto words = tuning::named_search_spaces(library);
  return std::find(words.begin(), words.end(), *request.search_space) != words.end();
}

/// Those that a glob can mean, and those that are asked for by name.
std::vector<std::string> built_in_submissions(const Request& request, const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".so") continue;
    const auto name = entry.path().stem().string();
    const bool is_named =
        std::any_of(request.submissions.begin(), request.submissions.end(),
                    [&](const std::string& given) { return given == name || given == "!" + name; });
    if (is_named || is_tuned_so(request, entry.path())) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// What a glob that matches nothing was looking for.
std::string wanted_kind(const Request& request) {
  if (tunes_itself(request)) return "submission that tunes itself";
  const bool by_word = request.search_space && !tuning::is_search_space_file(*request.search_space);
  return by_word ? "submission with a search space '" + *request.search_space + "'" : "submission";
}

std::vector<fs::path> find_libraries(const Request& request, const fs::path& folder) {
  const auto built_in = built_in_submissions(request, folder);
  std::vector<std::string> patterns;
  std::vector<fs::path> libraries;
  for (const auto& given : request.submissions) {
    if (given.find('/') != std::string::npos || given.ends_with(".so")) {
      libraries.push_back(fs::absolute(given));
    } else {
      patterns.push_back(given);
    }
  }
  if (!patterns.empty() || libraries.empty()) {
    for (const auto& name : select(patterns, wanted_kind(request), built_in)) {
      libraries.push_back(fs::absolute(folder / (name + ".so")));
    }
  }
  return libraries;
}

void add_search_space(Entrant& entrant, const Request& request, const fs::path& library) {
  const auto file = request.search_space ? tuning::find_search_space(library, *request.search_space)
                                         : tuning::own_search_space(library).value_or("");
  if (file.empty()) {
    throw InputError(library.string() + ": no search space; external tuning needs " +
                     library.stem().string() +
                     ".search_space.json beside it (or --search-space, "
                     "or --tuning self for a submission that tunes itself)");
  }
  entrant.space = tuning::read(file);
  entrant.record.search_space_json = read_text(file);
  entrant.record.search_space_hash = entrant.space->hash;
}

}  // namespace

bool tunes_itself(const Request& request) { return request.tuning == rulesets::Tuning::self; }

std::vector<Entrant> find_entrants(const Request& request, const fs::path& folder) {
  std::vector<Entrant> entrants;
  std::set<std::string> names;
  for (const auto& library : find_libraries(request, folder)) {
    const auto file = submission_file::read_record(library);
    submission_file::check_compatible(file);
    if (!names.insert(file.name).second) {
      throw InputError(library.string() + ": a second submission named '" + file.name +
                       "'; names must differ within a sweep");
    }
    Entrant entrant;
    entrant.record.name = file.name;
    entrant.record.author = file.author;
    entrant.record.library = library.string();
    entrant.record.library_hash = sha256_of_file(library);
    if (!tunes_itself(request) && !request.point) {
      add_search_space(entrant, request, library);
    }
    entrants.push_back(std::move(entrant));
  }
  return entrants;
}

}  // namespace timetrial::sweep
