// Shows what connections to clusters ask - trust a host's key, sign in - as dialogs that name the host, one at a time, and hands the
// answers back. A question that is withdrawn takes its dialog with it. GUI thread; nothing waits. A password or
// passphrase goes to the keyring when the user says so; everything else is kept nowhere.
#pragma once

#include "ui/bridge/mailbox.h"
#include "ui/bridge/prompt_desk.h"
#include "ui/net/keyring.h"

#include <QDialog>
#include <QPointer>

class QCheckBox;
class QLineEdit;

namespace attune::ui {

class ClusterQuestions : public QObject {
  Q_OBJECT

public:
  ClusterQuestions(PromptDesk &desk, Keyring &keyring, QWidget &window);
  ~ClusterQuestions() override;
  /// The dialog in sight; null without a question.
  QDialog *dialog() const { return m_dialog; }

private:
  void look();
  void askLogin(const api::LoginPrompt &prompt);

  PromptDesk &m_desk;
  Keyring &m_keyring;
  QWidget &m_window;
  std::shared_ptr<Mailbox> m_mailbox;
  QPointer<QDialog> m_dialog;
  uint64_t m_shown = 0;
};

/// The first connection to a host: its key's fingerprint to compare.
class HostKeyDialog : public QDialog {
  Q_OBJECT

public:
  HostKeyDialog(const api::HostKeyPrompt &prompt, QWidget *parent);
  api::HostKeyAnswer answer() const { return m_answer; }

private:
  api::HostKeyAnswer m_answer = api::HostKeyAnswer::Refuse;
};

/// Another key than the one on file: both, and what to do. The new one takes the old one's place only where the host's name is typed.
class KeyChangeDialog : public QDialog {
  Q_OBJECT

public:
  KeyChangeDialog(const api::KeyChangePrompt &prompt, QWidget *parent);
};

/// One round of a sign-in: the lines that the server asks for, as it words them.
class LoginDialog : public QDialog {
  Q_OBJECT

public:
  LoginDialog(const api::LoginPrompt &prompt, QWidget *parent);
  /// What the keyring has, as if it had been typed.
  void fill(const QByteArray &secret);
  /// Whether the keyring is to have what was typed.
  bool remembers() const;
  /// The fields are empty afterwards.
  std::vector<std::string> takeAnswers();

private:
  std::vector<QLineEdit *> m_fields;
  QCheckBox *m_remember = nullptr; // only for a secret that stays the same
};

/// What a round's secret is called in the keyring: that of a key's file, or of a user at a host. Empty for codes, which change, and
/// for rounds of several lines.
QString keyringName(const api::LoginPrompt &prompt);

} // namespace attune::ui
