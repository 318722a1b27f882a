#include "remote/slurm/slurm_fault.h"

#include "core/base/shorten.h"
#include "remote/fault.h"
#include "remote/slurm/parse.h"

namespace attune::remote::slurm {
namespace {

struct Sign {
  const char *text;
  const char *name;
};

// In this order: the first that is found counts.
constexpr Sign kScheduler[] = {{"authentication error", "SLURM-AUTH"}, {"Munge", "SLURM-AUTH"},
                               {"Unable to contact", "SLURM-DOWN"},    {"Connection refused", "SLURM-DOWN"},
                               {"Socket timed out", "SLURM-BUSY"},     {"Zero Bytes were transmitted", "SLURM-BUSY"},
                               {"ransport endpoint", "SLURM-BUSY"},    {"Connection reset", "SLURM-BUSY"}};
constexpr Sign kRequest[] = {{"invalid partition", "REQ-PARTITION"},
                             {"gres", "REQ-GRES"},
                             {"node configuration", "REQ-GRES"},
                             {"ime limit", "REQ-TIME"},
                             {"account", "REQ-ACCOUNT"},
                             {"qos", "REQ-ACCOUNT"}};

template <size_t N> const char *nameOf(const Sign (&signs)[N], const std::string &text) {
  for (const Sign &sign : signs)
    if (text.find(sign.text) != std::string::npos) return sign.name;
  return nullptr;
}

} // namespace

std::optional<Error> schedulerFault(const CommandResult &result, const std::string &host) {
  if (result.code == 127)
    return fault("CMD-MISSING", "Slurm's commands are not on the path after login.", host, "Give the path or a set-up script.");
  const char *found = nameOf(kScheduler, result.err);
  const std::string name = found ? found : result.code == 124 ? "SLURM-BUSY" : "";
  if (name == "SLURM-AUTH")
    return fault("SLURM-AUTH", "The cluster's internal sign-in (munge) fails.", host, "Only its staff can mend it.");
  if (name == "SLURM-DOWN")
    return fault("SLURM-DOWN", "The scheduler does not answer. Running jobs are not affected.", host, "It is asked again by itself.");
  if (name == "SLURM-BUSY")
    return fault("SLURM-BUSY", "The scheduler is slow and did not answer in time.", host, "It is asked again by itself.");
  return std::nullopt;
}

Error refusal(const std::string &errorText, const std::string &host) {
  const char *found = nameOf(kRequest, errorText);
  Error error = fault(found ? found : "REQ-REFUSED", "Slurm refused the job: " + printable(shortLine(errorText, 400)), host,
                      "Change the request and try again.");
  error.code = ErrorCode::InvalidConfig;
  return error;
}

} // namespace attune::remote::slurm
