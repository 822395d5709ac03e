// Writes the report of made-up results to files, to be looked at:
//
//   render_example [--large] OUT.html|md|csv|json|tex… FOLDER…
//
// A folder gets the plots as SVG. --large: as large as AlgoPerf's published sets.
#include "scoring/exporters.h"
#include "scoring/plots.h"
#include "tests/support/example_results.h"

#include <filesystem>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  using namespace timetrial;
  const bool large = argc > 1 && argv[1] == std::string("--large");
  const auto results = test::example_results(large ? test::kLargeExample : test::ExampleShape{});
  const auto report =
      scoring::make_report(results, scoring::score(results), results.provenance.created_ns,
                           large ? scoring::Detail::leaderboard : scoring::Detail::trials);
  for (int i = large ? 2 : 1; i < argc; ++i) {
    const std::filesystem::path out = argv[i];
    if (!std::filesystem::is_directory(out)) {
      std::ofstream(out) << scoring::export_as(scoring::format_of(out), report);
      continue;
    }
    for (const auto& [name, svg] : scoring::plots(report)) {
      std::ofstream(out / (name + ".svg")) << svg;
    }
  }
}
