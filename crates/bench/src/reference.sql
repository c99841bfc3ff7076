-- What a competent team would write instead: one function for each send. It takes a credit, checks the rate of the
-- last 14 days, and inserts the message and the ledger row. No lots, no expiry, no lapses, no returns, no idempotency
-- keys, no explanations.
CREATE TABLE pools (
  contract text PRIMARY KEY,
  available bigint NOT NULL CHECK (available >= 0)
);
CREATE TABLE letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  contract text NOT NULL,
  seat text NOT NULL,
  member text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now(),
  responded_at timestamptz
);
CREATE INDEX letters_of_seat ON letters (contract, seat, sent_at);
CREATE INDEX letters_to ON letters (member, sent_at);
CREATE TABLE ledger (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  contract text NOT NULL,
  letter bigint NOT NULL,
  credits bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_of_contract ON ledger (contract, id);

CREATE FUNCTION send_letter(of_contract text, of_seat text, to_member text, its_subject text, its_body text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  sent bigint;
  responded bigint;
  letter bigint;
BEGIN
  UPDATE pools SET available = available - 1 WHERE contract = of_contract AND available > 0;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'insufficient_credits';
  END IF;
  SELECT count(*), count(responded_at) INTO sent, responded FROM letters
    WHERE contract = of_contract AND seat = of_seat AND sent_at > now() - interval '14 days';
  IF sent >= 100000 AND responded * 100 < 13 * sent THEN
    RAISE EXCEPTION 'response_rate_too_low';
  END IF;
  INSERT INTO letters (contract, seat, member, subject, body)
    VALUES (of_contract, of_seat, to_member, its_subject, its_body) RETURNING id INTO letter;
  INSERT INTO ledger (contract, letter, credits) VALUES (of_contract, letter, 1);
  RETURN letter;
END $$;
