create schema audit;
create table audit.log (id bigserial primary key, at timestamptz default now());
insert into audit.log default values;
