--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: answers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.answers (
    name bytea NOT NULL,
    space bytea NOT NULL,
    key bytea NOT NULL,
    contract_id text NOT NULL COLLATE pg_catalog."C",
    body bytea NOT NULL,
    reply bytea NOT NULL
);


--
-- Name: batches; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.batches (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    first bigint NOT NULL,
    count integer NOT NULL,
    token bytea NOT NULL,
    events text NOT NULL
);


--
-- Name: contracts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.contracts (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    token bytea NOT NULL,
    next_due bigint,
    details bytea NOT NULL
)
WITH (fillfactor='70');


--
-- Name: deliveries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deliveries (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    webhook text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    state smallint NOT NULL,
    attempts bigint NOT NULL,
    next_at bigint,
    created_at bigint NOT NULL,
    tried_at bigint,
    status integer,
    error bytea
);


--
-- Name: documents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.documents (
    kind text NOT NULL COLLATE pg_catalog."C",
    id bytea NOT NULL,
    version bigint NOT NULL,
    body bytea
);


--
-- Name: feed; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.feed (
    place bigint NOT NULL,
    part integer NOT NULL,
    writer bigint NOT NULL,
    contract_id text COLLATE pg_catalog."C",
    first bigint,
    count integer,
    kind text COLLATE pg_catalog."C",
    id bytea
);


--
-- Name: inbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.inbox (
    member_id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    sent_at bigint NOT NULL,
    contract_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL
);


--
-- Name: message_ids; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.message_ids (
    message_id text NOT NULL COLLATE pg_catalog."C",
    contract_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL
);


--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    message_id text NOT NULL COLLATE pg_catalog."C",
    seat text NOT NULL COLLATE pg_catalog."C",
    member_id text NOT NULL COLLATE pg_catalog."C",
    campaign text COLLATE pg_catalog."C",
    bulk boolean NOT NULL,
    sent_at bigint NOT NULL,
    deadline bigint NOT NULL,
    version integer NOT NULL,
    price bigint NOT NULL,
    subject bytea NOT NULL,
    body bytea NOT NULL
);


--
-- Name: meta; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.meta (
    one integer NOT NULL,
    schema integer NOT NULL,
    shift bigint NOT NULL,
    CONSTRAINT meta_one_check CHECK ((one = 1))
);


--
-- Name: outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outbox (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL
);


--
-- Name: outcomes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outcomes (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    message_id text NOT NULL COLLATE pg_catalog."C",
    status smallint NOT NULL,
    credit smallint NOT NULL,
    settled_by smallint,
    settled_at bigint,
    settled_seq bigint,
    responded_at bigint,
    response smallint,
    seen_at bigint,
    reported_at bigint,
    conversation smallint NOT NULL,
    note bytea
);


--
-- Name: snapshots; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.snapshots (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    bytes bytea NOT NULL
);
ALTER TABLE ONLY public.snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;


--
-- Name: writings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.writings (
    contract_id text NOT NULL COLLATE pg_catalog."C",
    message_id text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    part integer NOT NULL,
    at bigint NOT NULL,
    side smallint NOT NULL,
    response smallint,
    auto boolean NOT NULL,
    text bytea NOT NULL
);


--
-- Data for Name: answers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.answers VALUES ('\xb2c05b079d7431783c5d991e84bdbb32f933d780f4b1d6e10ca5eabbe19a0e03', '\x63', '\x6b65792d30', 'c', '\x6b65792d30ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d30206f662063');
INSERT INTO public.answers VALUES ('\x7f84a1968dea542189f8c0e2a7439eb64702b74687e84e71609c22f7cd9998dc', '\x63', '\x6b65792d31', 'c', '\x6b65792d31ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d31206f662063');
INSERT INTO public.answers VALUES ('\x70d4019e4e8bc85f5aee45770646a0a9830bbdf423135b4aef407424d6192073', '\x63', '\x6b65792d32', 'c', '\x6b65792d32ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d32206f662063');
INSERT INTO public.answers VALUES ('\x80be1701cb532491e8debf5a83d8cb7c54448b17120955ec9b531727dabdf0e3', '\x63', '\x6b65792d33', 'c', '\x6b65792d33ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d33206f662063');
INSERT INTO public.answers VALUES ('\xf09bc37ab3175ad2cdd081b3f76fa5a385f306c27864c96565580c6c6b0baffc', '\x63', '\x6b65792d34', 'c', '\x6b65792d34ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d34206f662063');
INSERT INTO public.answers VALUES ('\xc461edc52b94a1d2f948ebb7becad1e982c632eadb43c3cb4fbbd2966f5441a6', '\x63', '\x6b65792d35', 'c', '\x6b65792d35ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d35206f662063');
INSERT INTO public.answers VALUES ('\x5c30c0891b3423314062cabcc061573b9d5796947e961234475ffac3294b0d0c', '\x63', '\x6b65792d36', 'c', '\x6b65792d36ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d36206f662063');
INSERT INTO public.answers VALUES ('\x9a2043a3bfadf7742ba5bbd935a9d2e9196f4e1036fa27eedb417d75fc70da05', '\x63', '\x6b65792d37', 'c', '\x6b65792d37ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d37206f662063');
INSERT INTO public.answers VALUES ('\x81e45cd688b9c7cda7cc809afc104833a767c6ad667f2a7778884e6c9a1e74bc', '\x63', '\x6b65792d38', 'c', '\x6b65792d38ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d38206f662063');
INSERT INTO public.answers VALUES ('\xb0e7317ca8e318d5be454b5f300ab427ed258fce46b42612791e995983b1d756', '\x63', '\x6b65792d39', 'c', '\x6b65792d39ffffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d39206f662063');
INSERT INTO public.answers VALUES ('\x19e0ec160c0bb7fd5966408c01f736d18d58e4ab148ed7259263c5f85f641608', '\x63', '\x6b65792d3130', 'c', '\x6b65792d3130ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3130206f662063');
INSERT INTO public.answers VALUES ('\xdd5f85be08977e5ca6897639d60de938a39031a450f79faaa597ead652d114ca', '\x63', '\x6b65792d3131', 'c', '\x6b65792d3131ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3131206f662063');
INSERT INTO public.answers VALUES ('\x30e71d8cb7e23f40bf097f534ae903fb3f526345ba7c41830f6de650d1800fb5', '\x63', '\x6b65792d3132', 'c', '\x6b65792d3132ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3132206f662063');
INSERT INTO public.answers VALUES ('\x37d0b91276fe9aa6c66662c9114854bb9d4ae8933da66f2e89a7e4340e47c061', '\x63', '\x6b65792d3133', 'c', '\x6b65792d3133ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3133206f662063');
INSERT INTO public.answers VALUES ('\x8d994838e023fc70dd55d947764649f6362cdcf0eeca43578fefd210ac972ab8', '\x63', '\x6b65792d3134', 'c', '\x6b65792d3134ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3134206f662063');
INSERT INTO public.answers VALUES ('\x74fdeb93b51407dcdfa22eef19f5c46ed8512441cb5d95dc7277d4771c0539ea', '\x63', '\x6b65792d3135', 'c', '\x6b65792d3135ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3135206f662063');
INSERT INTO public.answers VALUES ('\x2bf28cea3a8ae59197a18e8f6120d1e84aae3310e504095cb85cc266c004941a', '\x63', '\x6b65792d3136', 'c', '\x6b65792d3136ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3136206f662063');
INSERT INTO public.answers VALUES ('\xda15a3fcac4705be03f882416aeac7bb640573cb150c41da31f31c3f7b2f853b', '\x63', '\x6b65792d3137', 'c', '\x6b65792d3137ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3137206f662063');
INSERT INTO public.answers VALUES ('\x6614f150155ff0e3478d99425d8078d5c131a90166e7e76fd12d5296491ffbe4', '\x63', '\x6b65792d3138', 'c', '\x6b65792d3138ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3138206f662063');
INSERT INTO public.answers VALUES ('\x7ab4bf53bd801034481796a541b4505a10cf750685e4cc7128006ff81ed0a0cc', '\x63', '\x6b65792d3139', 'c', '\x6b65792d3139ffffffffffffffffffffffffffffffffffffffffffffffffffff', '\x616e737765726564206b65792d3139206f662063');


--
-- Data for Name: batches; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.batches VALUES ('c', 1, 2, '\xffffffffffffffffffffffffffffffff', '[{"at":"2015-01-02T09:00:00Z","type":"contract_created","contract":"c","name":"the contract c","policy":"inmail-2015","allotments":true,"bulk_disabled":false,"terms":{"window_days":90,"gate":{"kind":"ladder","period_days":30,"stages":"warned,grace once,restricted"}}},{"at":"2015-01-02T09:00:00Z","type":"message_sent","message":"c-0","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:00:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 3, 1, '\xfffffffffffffffffffffffffffffffe', '[{"at":"2015-01-02T09:01:00Z","type":"message_sent","message":"c-1","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:01:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 4, 1, '\xfffffffffffffffffffffffffffffffd', '[{"at":"2015-01-02T09:02:00Z","type":"message_sent","message":"c-2","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:02:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 5, 1, '\xfffffffffffffffffffffffffffffffc', '[{"at":"2015-01-02T09:03:00Z","type":"message_sent","message":"c-3","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:03:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 6, 1, '\xfffffffffffffffffffffffffffffffb', '[{"at":"2015-01-02T09:04:00Z","type":"message_sent","message":"c-4","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:04:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 7, 1, '\xfffffffffffffffffffffffffffffffa', '[{"at":"2015-01-02T09:05:00Z","type":"message_sent","message":"c-5","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:05:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 8, 1, '\xfffffffffffffffffffffffffffffff9', '[{"at":"2015-01-02T09:06:00Z","type":"message_sent","message":"c-6","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:06:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 9, 1, '\xfffffffffffffffffffffffffffffff8', '[{"at":"2015-01-02T09:07:00Z","type":"message_sent","message":"c-7","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:07:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 10, 1, '\xfffffffffffffffffffffffffffffff7', '[{"at":"2015-01-02T09:08:00Z","type":"message_sent","message":"c-8","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:08:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 11, 1, '\xfffffffffffffffffffffffffffffff6', '[{"at":"2015-01-02T09:09:00Z","type":"message_sent","message":"c-9","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:09:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 12, 1, '\xfffffffffffffffffffffffffffffff5', '[{"at":"2015-01-02T09:10:00Z","type":"message_sent","message":"c-10","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:10:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 13, 1, '\xfffffffffffffffffffffffffffffff4', '[{"at":"2015-01-02T09:11:00Z","type":"message_sent","message":"c-11","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:11:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 14, 1, '\xfffffffffffffffffffffffffffffff3', '[{"at":"2015-01-02T09:12:00Z","type":"message_sent","message":"c-12","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:12:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 15, 1, '\xfffffffffffffffffffffffffffffff2', '[{"at":"2015-01-02T09:13:00Z","type":"message_sent","message":"c-13","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:13:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 16, 1, '\xfffffffffffffffffffffffffffffff1', '[{"at":"2015-01-02T09:14:00Z","type":"message_sent","message":"c-14","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:14:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 17, 1, '\xfffffffffffffffffffffffffffffff0', '[{"at":"2015-01-02T09:15:00Z","type":"message_sent","message":"c-15","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:15:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 18, 1, '\xffffffffffffffffffffffffffffffef', '[{"at":"2015-01-02T09:16:00Z","type":"message_sent","message":"c-16","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:16:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 19, 1, '\xffffffffffffffffffffffffffffffee', '[{"at":"2015-01-02T09:17:00Z","type":"message_sent","message":"c-17","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:17:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 20, 1, '\xffffffffffffffffffffffffffffffed', '[{"at":"2015-01-02T09:18:00Z","type":"message_sent","message":"c-18","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:18:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');
INSERT INTO public.batches VALUES ('c', 21, 1, '\xffffffffffffffffffffffffffffffec', '[{"at":"2015-01-02T09:19:00Z","type":"message_sent","message":"c-19","seat":"ana","to":"bo","campaign":null,"bulk":false,"credits":1,"deadline":"2015-04-02T09:19:00Z","version":0,"stake":[{"grant":"lot~1","credits":1}]}]');


--
-- Data for Name: contracts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.contracts VALUES ('c', 21, '\xffffffffffffffffffffffffffffffec', NULL, '\x');


--
-- Data for Name: deliveries; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: documents; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.documents VALUES ('policy', '\x6f776e', 1, '\x7b7d');


--
-- Data for Name: feed; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.feed VALUES (730, 0, 7993474048684847660, 'c', 1, 2, NULL, NULL);
INSERT INTO public.feed VALUES (731, 0, 7993474048684847660, 'c', 3, 1, NULL, NULL);
INSERT INTO public.feed VALUES (732, 0, 7993474048684847660, 'c', 4, 1, NULL, NULL);
INSERT INTO public.feed VALUES (733, 0, 7993474048684847660, 'c', 5, 1, NULL, NULL);
INSERT INTO public.feed VALUES (734, 0, 7993474048684847660, 'c', 6, 1, NULL, NULL);
INSERT INTO public.feed VALUES (735, 0, 7993474048684847660, 'c', 7, 1, NULL, NULL);
INSERT INTO public.feed VALUES (736, 0, 7993474048684847660, 'c', 8, 1, NULL, NULL);
INSERT INTO public.feed VALUES (737, 0, 7993474048684847660, 'c', 9, 1, NULL, NULL);
INSERT INTO public.feed VALUES (738, 0, 7993474048684847660, 'c', 10, 1, NULL, NULL);
INSERT INTO public.feed VALUES (739, 0, 7993474048684847660, 'c', 11, 1, NULL, NULL);
INSERT INTO public.feed VALUES (740, 0, 7993474048684847660, 'c', 12, 1, NULL, NULL);
INSERT INTO public.feed VALUES (741, 0, 7993474048684847660, 'c', 13, 1, NULL, NULL);
INSERT INTO public.feed VALUES (742, 0, 7993474048684847660, 'c', 14, 1, NULL, NULL);
INSERT INTO public.feed VALUES (743, 0, 7993474048684847660, 'c', 15, 1, NULL, NULL);
INSERT INTO public.feed VALUES (744, 0, 7993474048684847660, 'c', 16, 1, NULL, NULL);
INSERT INTO public.feed VALUES (745, 0, 7993474048684847660, 'c', 17, 1, NULL, NULL);
INSERT INTO public.feed VALUES (746, 0, 7993474048684847660, 'c', 18, 1, NULL, NULL);
INSERT INTO public.feed VALUES (747, 0, 7993474048684847660, 'c', 19, 1, NULL, NULL);
INSERT INTO public.feed VALUES (748, 0, 7993474048684847660, 'c', 20, 1, NULL, NULL);
INSERT INTO public.feed VALUES (749, 0, 7993474048684847660, 'c', 21, 1, NULL, NULL);
INSERT INTO public.feed VALUES (751, 0, 7993474048684847660, NULL, NULL, NULL, 'policy', '\x6f776e');


--
-- Data for Name: inbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.inbox VALUES ('bo', 3907022995771493227, 1420189200000, 'c', 2);
INSERT INTO public.inbox VALUES ('bo', 2807975984912779338, 1420189260000, 'c', 3);
INSERT INTO public.inbox VALUES ('bo', 7088891332724796558, 1420189320000, 'c', 4);
INSERT INTO public.inbox VALUES ('bo', 7770333028027476866, 1420189380000, 'c', 5);
INSERT INTO public.inbox VALUES ('bo', 4840474917209596322, 1420189440000, 'c', 6);
INSERT INTO public.inbox VALUES ('bo', 6093233632682522905, 1420189500000, 'c', 7);
INSERT INTO public.inbox VALUES ('bo', 4965180285063459436, 1420189560000, 'c', 8);
INSERT INTO public.inbox VALUES ('bo', 3128327073974442082, 1420189620000, 'c', 9);
INSERT INTO public.inbox VALUES ('bo', 5163111162118750422, 1420189680000, 'c', 10);
INSERT INTO public.inbox VALUES ('bo', 2080135097434158261, 1420189740000, 'c', 11);
INSERT INTO public.inbox VALUES ('bo', 7792140744440265423, 1420189800000, 'c', 12);
INSERT INTO public.inbox VALUES ('bo', 7103683300546861952, 1420189860000, 'c', 13);
INSERT INTO public.inbox VALUES ('bo', 6063391704963588286, 1420189920000, 'c', 14);
INSERT INTO public.inbox VALUES ('bo', 7749306968905567967, 1420189980000, 'c', 15);
INSERT INTO public.inbox VALUES ('bo', 980562045717392381, 1420190040000, 'c', 16);
INSERT INTO public.inbox VALUES ('bo', 8049516727358520743, 1420190100000, 'c', 17);
INSERT INTO public.inbox VALUES ('bo', 6884647689979728612, 1420190160000, 'c', 18);
INSERT INTO public.inbox VALUES ('bo', 9002874561501515943, 1420190220000, 'c', 19);
INSERT INTO public.inbox VALUES ('bo', 6272459823606645745, 1420190280000, 'c', 20);
INSERT INTO public.inbox VALUES ('bo', 1253062471099889512, 1420190340000, 'c', 21);


--
-- Data for Name: message_ids; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.message_ids VALUES ('c-0', 'c', 2);
INSERT INTO public.message_ids VALUES ('c-1', 'c', 3);
INSERT INTO public.message_ids VALUES ('c-2', 'c', 4);
INSERT INTO public.message_ids VALUES ('c-3', 'c', 5);
INSERT INTO public.message_ids VALUES ('c-4', 'c', 6);
INSERT INTO public.message_ids VALUES ('c-5', 'c', 7);
INSERT INTO public.message_ids VALUES ('c-6', 'c', 8);
INSERT INTO public.message_ids VALUES ('c-7', 'c', 9);
INSERT INTO public.message_ids VALUES ('c-8', 'c', 10);
INSERT INTO public.message_ids VALUES ('c-9', 'c', 11);
INSERT INTO public.message_ids VALUES ('c-10', 'c', 12);
INSERT INTO public.message_ids VALUES ('c-11', 'c', 13);
INSERT INTO public.message_ids VALUES ('c-12', 'c', 14);
INSERT INTO public.message_ids VALUES ('c-13', 'c', 15);
INSERT INTO public.message_ids VALUES ('c-14', 'c', 16);
INSERT INTO public.message_ids VALUES ('c-15', 'c', 17);
INSERT INTO public.message_ids VALUES ('c-16', 'c', 18);
INSERT INTO public.message_ids VALUES ('c-17', 'c', 19);
INSERT INTO public.message_ids VALUES ('c-18', 'c', 20);
INSERT INTO public.message_ids VALUES ('c-19', 'c', 21);


--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.messages VALUES ('c', 2, 'c-0', 'ana', 'bo', NULL, false, 1420189200000, 1427965200000, 0, 1, '\x61626f757420632d30', '\x4465617220626f2c207468697320697320632d302e');
INSERT INTO public.messages VALUES ('c', 3, 'c-1', 'ana', 'bo', NULL, false, 1420189260000, 1427965260000, 0, 1, '\x61626f757420632d31', '\x4465617220626f2c207468697320697320632d312e');
INSERT INTO public.messages VALUES ('c', 4, 'c-2', 'ana', 'bo', NULL, false, 1420189320000, 1427965320000, 0, 1, '\x61626f757420632d32', '\x4465617220626f2c207468697320697320632d322e');
INSERT INTO public.messages VALUES ('c', 5, 'c-3', 'ana', 'bo', NULL, false, 1420189380000, 1427965380000, 0, 1, '\x61626f757420632d33', '\x4465617220626f2c207468697320697320632d332e');
INSERT INTO public.messages VALUES ('c', 6, 'c-4', 'ana', 'bo', NULL, false, 1420189440000, 1427965440000, 0, 1, '\x61626f757420632d34', '\x4465617220626f2c207468697320697320632d342e');
INSERT INTO public.messages VALUES ('c', 7, 'c-5', 'ana', 'bo', NULL, false, 1420189500000, 1427965500000, 0, 1, '\x61626f757420632d35', '\x4465617220626f2c207468697320697320632d352e');
INSERT INTO public.messages VALUES ('c', 8, 'c-6', 'ana', 'bo', NULL, false, 1420189560000, 1427965560000, 0, 1, '\x61626f757420632d36', '\x4465617220626f2c207468697320697320632d362e');
INSERT INTO public.messages VALUES ('c', 9, 'c-7', 'ana', 'bo', NULL, false, 1420189620000, 1427965620000, 0, 1, '\x61626f757420632d37', '\x4465617220626f2c207468697320697320632d372e');
INSERT INTO public.messages VALUES ('c', 10, 'c-8', 'ana', 'bo', NULL, false, 1420189680000, 1427965680000, 0, 1, '\x61626f757420632d38', '\x4465617220626f2c207468697320697320632d382e');
INSERT INTO public.messages VALUES ('c', 11, 'c-9', 'ana', 'bo', NULL, false, 1420189740000, 1427965740000, 0, 1, '\x61626f757420632d39', '\x4465617220626f2c207468697320697320632d392e');
INSERT INTO public.messages VALUES ('c', 12, 'c-10', 'ana', 'bo', NULL, false, 1420189800000, 1427965800000, 0, 1, '\x61626f757420632d3130', '\x4465617220626f2c207468697320697320632d31302e');
INSERT INTO public.messages VALUES ('c', 13, 'c-11', 'ana', 'bo', NULL, false, 1420189860000, 1427965860000, 0, 1, '\x61626f757420632d3131', '\x4465617220626f2c207468697320697320632d31312e');
INSERT INTO public.messages VALUES ('c', 14, 'c-12', 'ana', 'bo', NULL, false, 1420189920000, 1427965920000, 0, 1, '\x61626f757420632d3132', '\x4465617220626f2c207468697320697320632d31322e');
INSERT INTO public.messages VALUES ('c', 15, 'c-13', 'ana', 'bo', NULL, false, 1420189980000, 1427965980000, 0, 1, '\x61626f757420632d3133', '\x4465617220626f2c207468697320697320632d31332e');
INSERT INTO public.messages VALUES ('c', 16, 'c-14', 'ana', 'bo', NULL, false, 1420190040000, 1427966040000, 0, 1, '\x61626f757420632d3134', '\x4465617220626f2c207468697320697320632d31342e');
INSERT INTO public.messages VALUES ('c', 17, 'c-15', 'ana', 'bo', NULL, false, 1420190100000, 1427966100000, 0, 1, '\x61626f757420632d3135', '\x4465617220626f2c207468697320697320632d31352e');
INSERT INTO public.messages VALUES ('c', 18, 'c-16', 'ana', 'bo', NULL, false, 1420190160000, 1427966160000, 0, 1, '\x61626f757420632d3136', '\x4465617220626f2c207468697320697320632d31362e');
INSERT INTO public.messages VALUES ('c', 19, 'c-17', 'ana', 'bo', NULL, false, 1420190220000, 1427966220000, 0, 1, '\x61626f757420632d3137', '\x4465617220626f2c207468697320697320632d31372e');
INSERT INTO public.messages VALUES ('c', 20, 'c-18', 'ana', 'bo', NULL, false, 1420190280000, 1427966280000, 0, 1, '\x61626f757420632d3138', '\x4465617220626f2c207468697320697320632d31382e');
INSERT INTO public.messages VALUES ('c', 21, 'c-19', 'ana', 'bo', NULL, false, 1420190340000, 1427966340000, 0, 1, '\x61626f757420632d3139', '\x4465617220626f2c207468697320697320632d31392e');


--
-- Data for Name: meta; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.meta VALUES (1, 2, 0);


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: outcomes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: snapshots; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.snapshots VALUES ('c', 9, '\x070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707');


--
-- Data for Name: writings; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: answers answers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (name);


--
-- Name: batches batches_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.batches
    ADD CONSTRAINT batches_pkey PRIMARY KEY (contract_id, first);


--
-- Name: contracts contracts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.contracts
    ADD CONSTRAINT contracts_pkey PRIMARY KEY (contract_id);


--
-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (contract_id, webhook, seq);


--
-- Name: documents documents_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.documents
    ADD CONSTRAINT documents_pkey PRIMARY KEY (kind, id);


--
-- Name: feed feed_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feed
    ADD CONSTRAINT feed_pkey PRIMARY KEY (place, part);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (member_id, sent_at, number);


--
-- Name: message_ids message_ids_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.message_ids
    ADD CONSTRAINT message_ids_pkey PRIMARY KEY (message_id);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (contract_id, seq);


--
-- Name: meta meta_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (one);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (contract_id, seq);


--
-- Name: outcomes outcomes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outcomes
    ADD CONSTRAINT outcomes_pkey PRIMARY KEY (contract_id, message_id);


--
-- Name: snapshots snapshots_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (contract_id);


--
-- Name: writings writings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.writings
    ADD CONSTRAINT writings_pkey PRIMARY KEY (contract_id, message_id, seq, part);


--
-- Name: contracts_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX contracts_due ON public.contracts USING btree (next_due) WHERE (next_due IS NOT NULL);


--
-- Name: deliveries_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_due ON public.deliveries USING btree (next_at) WHERE ((state = 0) AND (next_at IS NOT NULL));


--
-- Name: deliveries_listed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_listed ON public.deliveries USING btree (webhook, created_at, contract_id, seq);


--
-- Name: deliveries_oldest; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_oldest ON public.deliveries USING btree (created_at) WHERE (state = 0);


--
-- Name: deliveries_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_open ON public.deliveries USING btree (webhook, state, created_at, contract_id, seq) WHERE (state <> 1);


--
-- Name: deliveries_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_waiting ON public.deliveries USING btree (contract_id, webhook, seq) WHERE (state = 0);


--
-- Name: messages_of_campaign; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_of_campaign ON public.messages USING btree (contract_id, campaign, sent_at, seq) WHERE (campaign IS NOT NULL);


--
-- Name: messages_of_seat; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_of_seat ON public.messages USING btree (contract_id, seat, sent_at, seq);


--
-- PostgreSQL database dump complete
--


