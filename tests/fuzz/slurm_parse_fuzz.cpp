// What Slurm's commands print: no forged row, no text with control bytes, amounts in bounds.
#include "remote/slurm/parse.h"

#include <cstddef>
#include <cstdint>
#include <string>

using namespace attune::remote::slurm;

namespace {

void check(bool fine) {
  if (!fine) __builtin_trap();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  for (const char c : printable(text)) check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  if (const auto id = parseJobId(text)) check(id->text() == text);
  if (const auto minutes = parseMinutes(text)) check(*minutes >= -1);
  for (const auto &[name, count] : parseGres(text)) check(!name.empty() && count >= 0);
  size_t marks = 0;
  for (size_t at = text.find("m4rk|"); at != std::string::npos; at = text.find("m4rk|", at + 1)) ++marks;
  const Queue queue = parseQueue(text, "m4rk");
  check(queue.rows.size() + queue.ignored <= marks);
  for (const QueueRow &row : queue.rows) check(parseJobId(row.id.text()).has_value() && printable(row.state) == row.state);
  if (const auto partitions = parseNodes(text); partitions.ok())
    for (const Partition &partition : *partitions) check(partition.freeNodes <= partition.nodes && !partition.name.empty());
  if (const auto id = parseSubmitted(text); id.ok()) check(id->task.empty());
  (void)parseAllocation(text);
  (void)parseConfig(text);
  if (const auto job = parseJobRecord(text, "attune-01"); job.ok()) check(job->at("JobName") == "attune-01");
  for (const AccountRow &row : parseAccount(text)) check(row.exitCode >= 0 && row.exitCode < 256);
  return 0;
}
