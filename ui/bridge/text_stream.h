// An answer's text and its pace on their way from a service thread to the GUI: pieces pile up under a mutex, the GUI takes them ten times a
// second while it listens. push() from any thread; the rest on the GUI thread.
#pragma once

#include "core/api/chat.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <mutex>
#include <string>

namespace attune::ui {

class TextStream : public QObject {
  Q_OBJECT

public:
  explicit TextStream(QObject *parent = nullptr);
  /// What the other thread holds; it may outlive the stream.
  class Input {
  public:
    void push(const std::string &piece, const api::ChatPace &pace) {
      const std::lock_guard<std::mutex> lock(m_mutex);
      m_text += piece;
      m_pace = pace;
    }

  private:
    friend class TextStream;
    std::mutex m_mutex;
    std::string m_text;
    api::ChatPace m_pace;
  };
  /// Begins anew and listens; pieces of earlier inputs no longer arrive.
  std::shared_ptr<Input> begin();
  /// Takes what is left and stops listening.
  void end();

Q_SIGNALS:
  void arrived(const QString &text, const attune::api::ChatPace &pace);

private:
  void take();

  std::shared_ptr<Input> m_input;
  QTimer m_timer;
};

} // namespace attune::ui
