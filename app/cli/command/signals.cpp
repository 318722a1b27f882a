#include "app/cli/command/signals.h"

#include <csignal>
#include <initializer_list>
#include <unistd.h>

namespace attune::app {

namespace {

// Leaked on purpose: a signal may arrive while the process tears down its statics.
const StopSource *stopSource = nullptr;
std::atomic<bool> checkpointAsked{false};

void onStop(int) {
  if (stopSource->stopRequested()) _exit(130);
  stopSource->requestStop();
}

void onCheckpoint(int) { checkpointAsked.store(true); }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  // Stop signals interrupt a blocking read (chat waits on stdin); a checkpoint request does not.
  action.sa_flags = handler == onStop ? 0 : SA_RESTART;
  sigaction(signal, &action, nullptr);
}

} // namespace

void holdSignals(bool hold) {
  sigset_t held;
  sigemptyset(&held);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&held, signal);
  sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &held, nullptr);
}

StopToken installSignalHandlers() {
  if (!stopSource) stopSource = new StopSource;
  handle(SIGINT, onStop);
  handle(SIGTERM, onStop);
  struct sigaction hangUp = {};
  sigaction(SIGHUP, nullptr, &hangUp);
  if (hangUp.sa_handler != SIG_IGN) handle(SIGHUP, onStop); // under nohup a lost terminal ends nothing
  handle(SIGUSR1, onCheckpoint);
  handle(SIGPIPE, SIG_IGN);
  handle(SIGXFSZ, SIG_IGN); // a file larger than the limit is a failed write, with its error
  holdSignals(false);
  return stopSource->token();
}

bool takeCheckpointRequest() { return checkpointAsked.exchange(false); }

} // namespace attune::app
