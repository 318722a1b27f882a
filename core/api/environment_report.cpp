#include "core/api/environment_report.h"

namespace attune::api {

std::string environmentText(const EnvironmentReport &report) {
  std::string text, place;
  for (const EnvironmentFinding &finding : report) {
    if (finding.place != place) {
      place = finding.place;
      text.append(text.empty() ? "" : "\n").append("== ").append(place).append("\n");
    }
    text.append(finding.status == "ok" ? "ok    " : finding.status == "warn" ? "warn  " : "FAIL  ");
    text.append(finding.id).append(": ").append(finding.found).append("\n");
    if (!finding.advice.empty()) text.append("      ").append(finding.advice).append("\n");
  }
  return text;
}

} // namespace attune::api
