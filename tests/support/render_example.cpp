// Writes the report of made-up results to files, to be looked at: render_example
// OUT.html|md|csv|json…
#include "scoring/exporters.h"
#include "tests/support/example_results.h"

#include <fstream>

int main(int argc, char** argv) {
  using namespace timetrial;
  const auto results = test::example_results();
  const auto report =
      scoring::make_report(results, scoring::score(results), results.provenance.created_ns);
  for (int i = 1; i < argc; ++i) {
    std::ofstream(argv[i]) << scoring::export_as(scoring::format_of(argv[i]), report);
  }
}
