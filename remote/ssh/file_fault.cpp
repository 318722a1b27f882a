#include "remote/ssh/file_fault.h"

#include "core/base/shorten.h"

namespace attune::remote {
namespace {

bool says(const std::string &said, const char *words) { return said.find(words) != std::string::npos; }

} // namespace

Error fileMissing(const std::string &where) {
  return fault("FILE-MISSING", "There is no such file on the cluster.", where, "Check the path.");
}

Error fileDenied(const std::string &where) {
  return fault("FILE-DENIED", "The file on the cluster may not be used.", where, "Check its permissions.");
}

Error diskFull(const std::string &where) {
  return fault("DISK-FULL", "The cluster's disk or your quota is full.", where, "Make room there, then go on.");
}

bool saysDiskFull(const std::string &said) { return says(said, "No space left") || says(said, "quota exceeded"); }

Error fileFault(const std::string &said, const std::string &what, const std::string &where) {
  if (saysDiskFull(said)) return diskFull(where);
  if (says(said, "No such file") || says(said, "Not a directory")) return fileMissing(where);
  if (says(said, "Permission denied")) return fileDenied(where);
  return fault("FILE-FAILED", what + ": " + shortLine(said, 300), where, "Check the path, its permissions and your quota.");
}

} // namespace attune::remote
